/** What Debian installs for a mail host. */
export const debianPackages = [
  "dovecot-core",
  "dovecot-imapd",
  "dovecot-lmtpd",
  "dovecot-sieve",
  "postfix",
  "postfix-lmdb",
  "logrotate",
  "rsyslog",
] as const;

/** Needed only where Dovecot logs by syslog. */
export const syslogPackage = "rsyslog" satisfies DebianPackage;

export type DebianPackage = (typeof debianPackages)[number];

/** Package to the version that is demanded; for any other, whatever the host has or Debian offers. */
export type PackageVersions = Readonly<Partial<Record<DebianPackage, string>>>;
