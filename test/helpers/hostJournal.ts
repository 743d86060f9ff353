import type { TestHost } from "../../tools/testhost/host.ts";

interface Entry {
  readonly identifier: string;
  /** As syslog(3) counts: 4 is a warning, less is worse. */
  readonly priority: number;
  readonly message: string;
}

/**
 * What the mail daemons, and systemd about them, have complained of since the host was made.
 *
 * @param provoked What the tests did on purpose
 */
export async function complaints(host: TestHost, provoked: readonly RegExp[] = []): Promise<string[]> {
  const { stdout } = await host.run("journalctl --quiet --no-pager --output=json");
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(parseEntry)
    .filter(isComplaint)
    .map(({ identifier, message }) => `${identifier}: ${message}`)
    .filter((line) => !provoked.some((pattern) => pattern.test(line)));
}

function parseEntry(json: string): Entry {
  const entry: Record<string, unknown> = JSON.parse(json);
  return {
    identifier: String(entry.SYSLOG_IDENTIFIER),
    priority: Number(entry.PRIORITY ?? 6),
    message: String(entry.MESSAGE),
  };
}

function isComplaint({ identifier, priority, message }: Entry): boolean {
  const isOfMail =
    /^(?:dovecot|postfix)/.test(identifier) || (identifier === "systemd" && /dovecot|postfix/.test(message));
  return isOfMail && (priority <= 4 || /\b(?:warning|error|fatal|panic): /i.test(message));
}
