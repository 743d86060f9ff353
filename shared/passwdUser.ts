import { vmail } from "./accounts.ts";

/** A user as Dovecot's passwd-file has them: https://doc.dovecot.org/2.4.1/core/config/auth/databases/passwd_file.html. */
export interface PasswdUser {
  readonly address: string;
  /** A hash, its fingerprint, or {@link noPassword}. */
  readonly password: string;
  readonly home: string;
  /** What is the user's own: the name of a setting of dovecot.conf to the value that stands in for it. */
  readonly settings: Readonly<Record<string, string>>;
}

/** In place of a password: no password matches it, so neither IMAP nor submission lets the user in. */
export const noPassword = "!";

export const settingPrefix = "userdb_";

/** The line of a user. */
export function renderPasswdLine({ address, password, home, settings }: PasswdUser): string {
  const extra = Object.entries(settings).map(([name, value]) => `${settingPrefix}${name}=${value}`);
  const fields = [address, password, vmail.uid, vmail.gid, "", home];
  // The fields behind the home directory, shell and extra fields, must not be there empty: a line that ends in a colon
  // is a YAML key to Pulumi, which then shows no difference by lines.
  return `${[...fields, ...(extra.length === 0 ? [] : ["", extra.join(" ")])].join(":")}\n`;
}
