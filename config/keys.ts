import type { AcmeTlsArgs, PemTlsArgs } from "../components/index.ts";
import type { SshTargetArgs } from "../resources/index.ts";

/** The keys of the stack configuration (namespace `mailhost`), in the order in which docs/configuration.md tells of them. */
export const configurationKeys = [
  "hostname",
  "platform",
  "release",
  "target",
  "targetPrivateKey",
  "inetProtocols",
  "postfix",
  "dovecot",
  "mail",
  "domains",
  "publicFolders",
  "passwords",
  "passwordFile",
  "passwordKey",
  "tls",
  "tlsPrivateKey",
  "acmeEnvironment",
  "logging",
  "dns",
  "dkim",
  "dkimPrivateKeys",
  "acceptanceCheck",
  "packages",
] as const;

export type ConfigurationKey = (typeof configurationKeys)[number];

/**
 * What the stack configuration has beyond `MailHostArgs`: keys of its own, and further forms of values. The names are
 * those of docs/configuration.md, which is made from these comments too.
 */
export interface ConfigurationForms {
  /** The private key that `privateKeyFile` would name. */
  targetPrivateKey?: SshTargetArgs["privateKey"];
  /**
   * Or a list of files, in whose names `*` stands for anything, each with such a mapping: for more than some hundred
   * mailboxes, as Linux limits what the engine can hand over. Paths are relative to Pulumi.yaml.
   *
   * @example ["mail/domains/*.yaml"]
   */
  domains: string[];
  /**
   * Or the file that holds the text, relative to Pulumi.yaml.
   *
   * @example { "file": "mail/alice.sieve" }
   */
  "domains.<domain>.mailboxes.<name>.sieve"?: { file: string };
  /**
   * One text of JSON, for small hosts. `npm run password -- ADDRESS` writes it; other hosts use `passwordFile`. An address must
   * be in one of the two.
   *
   * @default - the hashes of `passwordFile` alone
   *
   * @example { "alice@domain.tld": "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$..." }
   */
  passwords?: string;
  /**
   * The file with the password hashes, for hosts of any size, relative to Pulumi.yaml: a YAML mapping of address to the encrypted
   * hash. `npm run password -- ADDRESS` writes a line of it. It can be kept in version control.
   *
   * @default - the hashes of `passwords` alone
   *
   * @example "mail/passwords.yaml"
   */
  passwordFile?: string;
  /**
   * The key of `passwordFile`, 32 random bytes in base64. A secret. `npm run password` makes it with the first line;
   * a stack that shares the file is given the same.
   *
   * @default - none; hashes in `passwordFile` are then not encrypted
   */
  passwordKey?: string;
  tlsPrivateKey?: PemTlsArgs["privateKey"];
  /** One text of JSON. */
  acmeEnvironment?: AcmeTlsArgs["environment"];
  /**
   * One text of JSON: `dkim.privateKeys`, for keys that you have.
   *
   * @default - new keys
   *
   * @example { "s1": "-----BEGIN PRIVATE KEY-----\n..." }
   */
  dkimPrivateKeys?: string;
}
