import { serveStandIn } from "../serveStandIn.ts";
import { localCommand } from "./localCommand.ts";

/** Stands in for the command provider where its release archive cannot be downloaded; runs commands on this machine only. */
serveStandIn<AbortController>({
  name: "command",
  does: "runs commands",
  open: () => new AbortController(),
  // A deployment that is cancelled waits for no command.
  close: (commands) => commands.abort(),
  resources: [localCommand],
});
