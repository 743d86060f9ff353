import { spawn } from "node:child_process";
import type { TestHost } from "../testhost/host.ts";

/** What a deployment puts on a host, as an archive for {@link deployByScript}. */
export async function archiveOfDeployment(host: TestHost): Promise<string> {
  const { stdout } = await host.run(
    "tar -cz --exclude='*.lmdb' -C / etc/dovecot/dovecot.conf etc/postfix etc/ssl/private/mailhost.pem var/vmail/auth.d | base64 -w0",
  );
  return stdout;
}

/**
 * The same installation as an administrator would script it: one SSH session that installs the same packages and writes
 * the same files. It checks nothing, keeps nothing to go back to and could not run a second time.
 */
export function deployByScript(host: TestHost, packages: readonly string[], archive: string): Promise<void> {
  const script = `
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get -q -y --no-install-recommends install ${packages.join(" ")} >/dev/null
rm /usr/sbin/policy-rc.d
useradd --system --user-group --uid 5000 --no-create-home --home-dir /var/vmail --shell /usr/sbin/nologin vmail
useradd --system --gid dovecot --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin doveauth
install -d -o vmail -g vmail -m 2700 /var/vmail /var/vmail/domain.tld
chmod 755 /var/vmail
base64 -d <<'END' | tar -xz -C /
${archive}
END
chown -R doveauth:dovecot /var/vmail/auth.d
for table in vmailbox virtual sender_login; do postmap lmdb:/etc/postfix/$table; done
systemctl restart postfix
systemctl restart dovecot
`;
  const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
  const args = [
    ...options.flatMap((option) => ["-o", option]),
    "-i",
    host.privateKeyFile,
    `${host.user}@${host.address}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", [...args, "sh -s"], { stdio: ["pipe", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`the script ended with ${code}`))));
    child.stdin.end(script);
  });
}
