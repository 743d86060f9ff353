import { runProvider } from "../../../provider/protocol/process.ts";

/** Stands in for the docker provider where its release archive cannot be downloaded. */
await runProvider("docker", async () => (await import("./dockerStandIn.ts")).dockerStandIn);
