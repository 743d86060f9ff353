/** A system user that the mail host needs; the shape of `host:Account`. */
export interface MailAccount {
  readonly name: string;
  readonly uid?: number;
  readonly group: string;
  readonly gid?: number;
  readonly home: string;
  readonly shell: string;
}

/** The directory that all mail, passwd files and ACL files are below. */
export const mailRoot = "/var/vmail";

/** Owns all mail: the one user that virtual users are on the host. */
export const vmail = {
  name: "vmail",
  uid: 5000,
  group: "vmail",
  gid: 5000,
  home: mailRoot,
  shell: "/usr/sbin/nologin",
} as const satisfies MailAccount;

/** Runs Dovecot's authentication and alone may read the password hashes. */
export const doveauth = {
  name: "doveauth",
  group: "dovecot",
  home: "/nonexistent",
  shell: "/usr/sbin/nologin",
} as const satisfies MailAccount;
