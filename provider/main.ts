import { serveProvider } from "./protocol/server.ts";

serveProvider(async () => (await import("./hostProvider.ts")).hostProvider);
