import { runProvider } from "./protocol/process.ts";

await runProvider("mailhost", async () => (await import("./hostProvider.ts")).hostProvider);
