import { runProvider } from "../../../provider/protocol/process.ts";

/** Stands in for the tls provider where its release archive cannot be downloaded; has what this package uses of it. */
await runProvider("tls", async () => (await import("./tlsStandIn.ts")).tlsStandIn);
