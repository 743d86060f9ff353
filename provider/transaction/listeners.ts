import type { Daemon, DaemonListeners } from "../../shared/daemons/daemon.ts";
import { canonicalAddress } from "../../shared/daemons/listeningSockets.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import { sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";

/** Name of a daemon to what it must listen on. */
export type Steps = Readonly<Record<string, DaemonListeners | undefined>>;

interface Socket {
  /** `0.0.0.0:25`, `[::]:25`, `*:25` */
  local: string;
  /** Names of the processes that hold it: a daemon's master and its children share one. */
  processes: readonly string[];
}

/** Of the host: all its addresses, and the sockets that something listens on. */
async function lookAtSockets(host: Host): Promise<{ addresses: string[]; sockets: Socket[] }> {
  const answer = await host.ask(sh`
ip -o addr show | awk '{ split($4, parts, "/"); print "address", parts[1] }'
ss -Hltnp | awk '{ print "socket", $4, $6 }'`);
  const facts = answer.split("\n").map((line) => line.split(" "));
  return {
    addresses: facts.flatMap(([kind, address = ""]) => (kind === "address" ? [address] : [])),
    sockets: facts.flatMap(([kind, local = "", users = ""]) =>
      // A process that is just ending has no name.
      kind === "socket" ? [{ local, processes: [...users.matchAll(/"([^"]*)"/g)].map(([, name = ""]) => name) }] : [],
    ),
  };
}

/**
 * What would keep a daemon from binding its sockets. A daemon that is reloaded with an address that it cannot bind
 * ends, so this is found out before, and told at preview.
 */
export async function listenerProblems(host: Host, steps: Steps): Promise<string[]> {
  const { addresses, sockets } = await lookAtSockets(host);
  return daemons.flatMap((daemon) => {
    const { listen, tlsListen = [] } = steps[daemon.name] ?? { listen: [] };
    const problems = (wanted: string, remedy: string) => problemsOf(daemon, wanted, remedy, addresses, sockets);
    return [
      ...listen.flatMap((wanted) => problems(wanted, `set ${daemon.listenerKeys?.addresses}`)),
      ...tlsListen.flatMap((wanted) => problems(wanted, `set ${daemon.listenerKeys?.tls} to false`)),
    ];
  });
}

/** What listens on a port of the host, whatever the address, such as `nginx listens on 0.0.0.0:80`. */
export async function holdersOf(host: Host, port: number): Promise<string[]> {
  const { sockets } = await lookAtSockets(host);
  return sockets.filter(({ local }) => splitSocket(local).port === String(port)).map(describeHolder);
}

function describeHolder({ local, processes }: Socket): string {
  return `${[...new Set(processes)].join(", ") || "another program"} listens on ${local}`;
}

function allSockets({ listen, tlsListen = [] }: DaemonListeners = { listen: [] }): string[] {
  return [...listen, ...tlsListen];
}

/** `remedy` is what to do where another program has to keep the port. */
function problemsOf(
  daemon: Daemon,
  wanted: string,
  remedy: string,
  addresses: readonly string[],
  sockets: readonly Socket[],
): string[] {
  const { address, port } = splitSocket(wanted);
  if (address !== "*" && !addresses.includes(address)) {
    return [`${daemon.listenerKeys?.addresses}: ${address} is no address of the host; it has ${addresses.join(", ")}`];
  }
  return sockets
    .filter(({ processes }) => !processes.some((name) => daemon.processes?.includes(name)))
    .filter(({ local }) => overlaps(splitSocket(local), { address, port }))
    .map(
      (socket) =>
        `${daemon.name} needs port ${port}, but ${describeHolder(socket)} of the host: stop and disable it, or ${remedy}`,
    );
}

function splitSocket(socket: string): { address: string; port: string } {
  const colon = socket.lastIndexOf(":");
  const address = socket
    .slice(0, colon)
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "");
  const isAny = ["0.0.0.0", "::", "*"].includes(address);
  return { address: isAny ? "*" : canonicalAddress(address), port: socket.slice(colon + 1) };
}

function overlaps(a: { address: string; port: string }, b: { address: string; port: string }): boolean {
  return a.port === b.port && (a.address === b.address || a.address === "*" || b.address === "*");
}

/** A reload adds and removes listeners, but does not move one to another address. */
export function addressesChanged(before: DaemonListeners | undefined, wanted: DaemonListeners | undefined): boolean {
  const addressByPort = (listeners: DaemonListeners | undefined) =>
    new Map(
      allSockets(listeners)
        .map(splitSocket)
        .map(({ address, port }) => [port, address] as const),
    );
  const known = addressByPort(before);
  return [...addressByPort(wanted)].some(([port, address]) => known.has(port) && known.get(port) !== address);
}
