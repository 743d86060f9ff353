/**
 * Runs in the client's namespace and opens connections from there, on request by HTTP's CONNECT method.
 *
 * A proxy and not a library, because mail clients take one as an option while their sockets stay in the test's process.
 */
import { Resolver } from "node:dns/promises";
import { createServer } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { reportReady, serviceOptions } from "./labServices.ts";

/** Options of this program. */
export interface ClientProxyOptions {
  readonly address: string;
  readonly port: number;
  readonly nameServer: string;
}

const { address, port, nameServer } = serviceOptions<ClientProxyOptions>();
const resolver = new Resolver();
resolver.setServers([nameServer]);

async function resolveName(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  const [found] = await resolver.resolve4(host);
  if (found === undefined) throw new Error(`${host} has no address`);
  return found;
}

/** Passes everything on in both directions, the end of one direction and a broken connection included. */
function join(one: Socket, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      if (!from.readableEnded) to.destroy();
    });
  }
}

const server = createServer();
server.on("connect", async (request, asking: Duplex, head: Buffer) => {
  asking.on("error", () => asking.destroy());
  const refuse = (error: unknown): void => {
    asking.end(`HTTP/1.1 502 ${String(error).replaceAll(/[\r\n]+/g, " ")}\r\n\r\n`);
  };
  try {
    const [, host = "", targetPort = ""] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(request.url ?? "") ?? [];
    const target = connect({
      host: await resolveName(host),
      port: Number(targetPort),
      allowHalfOpen: true,
      noDelay: true,
    });
    target.once("error", refuse);
    target.once("connect", () => {
      target.off("error", refuse);
      asking.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.write(head);
      join(target, asking);
    });
  } catch (error) {
    refuse(error);
  }
});
server.listen(port, address, reportReady);
