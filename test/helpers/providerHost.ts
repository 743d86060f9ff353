import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "vitest";
import type { HostArgs, SshTargetArgs } from "../../resources/index.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { paths } from "../fixtures/mailHost/program.ts";

/** Provider arguments to reach a throw-away host. */
export function targetOf({ address, hostKey, privateKeyFile, release }: TestHost): SshTargetArgs & HostArgs {
  return { address, hostKey, privateKeyFile, release };
}

/** Runs a command that must succeed on the host, as root and not by SSH, and answers what it prints. */
export async function shell(host: TestHost, command: string, stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(command, stdin);
  expect({ code, stderr: code === 0 ? "" : stderr }, command).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

/** Does `work` on the host as the change of a deployment from elsewhere, which keeps all others waiting. */
export async function changeFromElsewhere(host: TestHost, work: string): Promise<void> {
  await shell(
    host,
    `mkdir -p /var/lib/mailhost && echo 'carol at laptop, since noon' >/var/lib/mailhost/lock.holder
     systemd-run --quiet --collect --unit=mailhost-txn sh -c '${work}'`,
  );
}

/** A command for the host that ends when a change tries to begin. */
export const untilAnotherWaits =
  'until grep -qsa "systemd-run[^.]*--unit=mailhost-txn" /proc/[0-9]*/cmdline; do :; done';

/** What the small mail host says on its ports when it works. */
const greetings: ReadonlyMap<number, RegExp> = new Map([
  [25, /^220 mail\.domain\.tld ESMTP/],
  [587, /^220 mail\.domain\.tld ESMTP/],
  [143, /^\* OK .*Dovecot/],
]);

/** Says on which ports the host does not greet as it should; empty when all is well. */
export async function silentPorts(host: TestHost): Promise<string[]> {
  const complaints = await Promise.all(
    [...greetings].map(async ([port, greeting]) => {
      const said = await greetingOf(host, port);
      return greeting.test(said) ? [] : [`${port}: ${said}`];
    }),
  );
  return complaints.flat();
}

async function greetingOf(host: TestHost, port: number): Promise<string> {
  const socket = connect({ host: host.address, port, timeout: 10_000 });
  socket.once("timeout", () => socket.destroy(new Error("timeout")));
  try {
    const [data] = await once(socket, "data");
    return String(data);
  } catch (error) {
    return String(error);
  } finally {
    socket.destroy();
  }
}

/** Process ids of both daemons' masters: they stay the same over a reload, and change with a restart. */
export async function masterProcesses(host: TestHost): Promise<{ postfix: string; dovecot: string }> {
  const [postfix = "", dovecot = ""] = (
    await shell(host, "cat /var/spool/postfix/pid/master.pid /run/dovecot/master.pid")
  ).split(/\s+/);
  return { postfix, dovecot };
}

/** Every file that the provider writes, with inode, time of change, owner and mode. */
export async function fileTimes(host: TestHost): Promise<Map<string, string>> {
  const places = "/etc/postfix /etc/dovecot /etc/aliases /etc/ssl/private /var/vmail/auth.d /var/vmail/conf.d";
  const found = await shell(host, `find ${places} -type f -printf '%p %i %C@ %u:%g %m\\n' 2>/dev/null || true`);
  return new Map(found.split("\n").map((line) => line.split(/ (.*)/, 2) as [string, string]));
}

/** Paths that are new, gone or not the same in `after`. */
export function changedFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .sort();
}

/** How often the daemons have been told to read their configuration anew since the host was made. */
export async function reloads(host: TestHost): Promise<number> {
  const journal = "journalctl --quiet --no-pager --output=cat";
  return Number(await shell(host, `${journal} | grep -Ec 'reload -- version|SIGHUP received' || true`));
}

/** Contents, attributes and times of the files of the fixture's set; a copy that was put back has another inode. */
export function configurationOf(host: TestHost): Promise<string> {
  const files = [paths.mainCf, paths.masterCf, paths.aliases, paths.dovecotConf, paths.certificate].join(" ");
  return shell(host, `sha256sum ${files} && stat -c '%n %U:%G %a %Y' ${files}`);
}
