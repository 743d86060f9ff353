import { runProvider } from "../../../provider/protocol/process.ts";

/** Stands in for the command provider where its release archive cannot be downloaded; runs commands on this machine only. */
await runProvider("command", async () => (await import("./commandStandIn.ts")).commandStandIn);
