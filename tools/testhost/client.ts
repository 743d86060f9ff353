import { request } from "node:http";
import type { Socket } from "node:net";
import type { ClientProxyOptions } from "./clientProxy.ts";
import { type ServicePlace, startService } from "./labServices.ts";
import { inNamespace } from "./network.ts";
import { type CommandResult, run } from "./processes.ts";
import type { Subnet } from "./subnets.ts";

const proxyPort = 3128;

/** A machine of its own from which tests speak to hosts: to them it is a stranger, in no trusted network. */
export interface LabClient {
  readonly address: string;
  /** HTTP proxy that connects from the client's address: what nodemailer and imapflow take as `proxy`. */
  readonly proxy: string;
  /** Opens a TCP connection from the client. The lab's name server resolves names. */
  connect(host: string, port: number): Promise<Socket>;
  /** Runs a command of this machine with the client's network and name server. */
  run(argv: readonly [string, ...string[]], stdin?: string): Promise<CommandResult>;
}

/** Starts what a lab's client needs, in its namespace. */
export async function startClient(place: ServicePlace, subnet: Subnet): Promise<void> {
  const options: ClientProxyOptions = { address: subnet.client, port: proxyPort, nameServer: subnet.gateway };
  await startService(place, "clientProxy.ts", options);
}

/** The client of a lab that runs. */
export function labClient({ paths, mark, namespace }: Omit<ServicePlace, "group">, subnet: Subnet): LabClient {
  // In a mount namespace that ends with the command, the lab's resolv.conf covers the machine's.
  const withNames = [
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount --bind "$0" /etc/resolv.conf && exec "$@"',
    paths.resolvConf,
  ];
  return {
    address: subnet.client,
    proxy: `http://${subnet.client}:${proxyPort}`,
    connect: (host, port) => connectThroughProxy(subnet.client, host, port),
    run: (argv, stdin) => run(inNamespace(mark, namespace, [...withNames, ...argv]), stdin),
  };
}

function connectThroughProxy(proxyAddress: string, host: string, port: number): Promise<Socket> {
  const target = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const asking = request({ host: proxyAddress, port: proxyPort, method: "CONNECT", path: target, agent: false });
    asking.once("error", reject);
    asking.once("connect", (response, socket, head) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(new Error(`cannot connect from ${proxyAddress} to ${target}: ${response.statusMessage ?? "refused"}`));
        return;
      }
      // A server that speaks first may have sent its greeting together with the proxy's answer.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.end();
  });
}
