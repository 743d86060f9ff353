import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * Starts a name server that knows some records; it answers when this returns.
 *
 * @param address One of this machine
 * @param options Of dnsmasq(8), without the dashes in front
 */
export async function startNameServer(
  address: string,
  port: number,
  options: readonly string[],
): Promise<AsyncDisposable> {
  const server = spawn(
    "dnsmasq",
    ["--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv", "--bind-interfaces", "--user=root"]
      .concat(`--listen-address=${address}`, `--port=${port}`, "--log-facility=-")
      .concat(options.map((option) => `--${option}`)),
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const running: AsyncDisposable = {
    async [Symbol.asyncDispose]() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill();
      await once(server, "exit");
    },
  };
  for await (const line of createInterface({ input: server.stderr })) if (line.includes("started")) return running;
  throw new Error("dnsmasq ended");
}
