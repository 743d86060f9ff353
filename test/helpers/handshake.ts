import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";

/** Whether a client that trusts `authority` alone takes the certificate of a server of this name. */
export async function isTrusted(
  server: { key: string; cert: string },
  servername: string,
  authority: string,
): Promise<boolean> {
  const listener = createServer(server).listen(0, "127.0.0.1");
  // A client that refuses the certificate ends the handshake.
  listener.on("tlsClientError", () => {});
  try {
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    const client = connect({ port, host: "127.0.0.1", servername, ca: authority });
    try {
      await once(client, "secureConnect");
      return true;
    } catch {
      return false;
    } finally {
      client.destroy();
    }
  } finally {
    listener.close();
  }
}
