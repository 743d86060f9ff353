import { serveProvider } from "../../../provider/protocol/server.ts";

/** Stands in for the command provider where its release archive cannot be downloaded; runs commands on this machine only. */
serveProvider(async () => (await import("./commandStandIn.ts")).commandStandIn);
