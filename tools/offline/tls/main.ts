import { serveProvider } from "../../../provider/protocol/server.ts";

/** Stands in for the tls provider where its release archive cannot be downloaded; has what this package uses of it. */
serveProvider(async () => (await import("./tlsStandIn.ts")).tlsStandIn);
