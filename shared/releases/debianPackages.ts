/** What Debian installs for a mail host; rsyslog only where Dovecot logs by syslog. */
export const debianPackages = [
  "dovecot-core",
  "dovecot-imapd",
  "dovecot-lmtpd",
  "dovecot-sieve",
  "logrotate",
  "postfix",
  "postfix-lmdb",
  "rsyslog",
] as const;

export type DebianPackage = (typeof debianPackages)[number];

/** Package to the version that is demanded; for any other, whatever the host has or Debian offers. */
export type PackageVersions = Readonly<Partial<Record<DebianPackage, string>>>;
