import { standInProvider } from "../standInProvider.ts";
import { localCommand } from "./localCommand.ts";

export const commandStandIn = standInProvider<AbortController>({
  name: "command",
  does: "runs commands",
  configure: () => new AbortController(),
  // A deployment that is cancelled waits for no command.
  close: (commands) => commands.abort(),
  resources: [localCommand],
});
