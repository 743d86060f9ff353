import type { DkimKey } from "../dkim/dkimKey.ts";
import type { Release } from "../releases/release.ts";
import type { Acl } from "./acl.ts";
import type { DefaultFolder } from "./defaultFolder.ts";
import type { DovecotSettings } from "./extraValue.ts";
import type { MailFormat } from "./mailFormat.ts";
import type { PostfixParameter } from "./postfixParameters.ts";

/**
 * Everything that files and tables are made from, as plain values without secrets: defaults filled in, names
 * completed to addresses, everything sorted.
 */
export interface ResolvedMailHost {
  readonly hostname: string;
  readonly release: Release;
  readonly inetProtocols: "ipv4" | "all";
  readonly postfix: {
    readonly listenAddresses: readonly string[];
    readonly mynetworks: readonly string[];
    /** Whether 465 is open. */
    readonly submissions: boolean;
    /** Whether a user's message tells name and address of the client that sent it. */
    readonly clientAddressInHeaders: boolean;
    readonly parameters: readonly PostfixParameter[];
  };
  readonly dovecot: {
    readonly listenAddresses: readonly string[];
    readonly authMechanisms: readonly string[];
    /** Whether 993 is open. */
    readonly imaps: boolean;
    /** Sessions of one user from one address. */
    readonly mailMaxUseripConnections: number;
    readonly settings: DovecotSettings;
  };
  readonly mail: {
    readonly format: MailFormat;
    readonly quota: string;
    readonly trashExtraPercent: number;
    readonly defaultFolders: readonly DefaultFolder[];
  };
  /** Folders below Public that are to be there. */
  readonly publicFolders: readonly string[];
  readonly messageSizeLimit: number;
  readonly postmaster: string;
  readonly recipientDelimiter: string;
  readonly minimumProtocol: "TLSv1.2" | "TLSv1.3";
  /** The file of the certificate on the host; it holds the key too where we write it. */
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** How the certificate is obtained on the host; undefined: it comes from elsewhere. */
  readonly acme: ResolvedAcme | undefined;
  readonly logging: {
    readonly method: "syslog" | "files";
    /** Rotated files that are kept. */
    readonly keep: number;
    readonly stopSyslogCopy: boolean;
  };
  /** The keys that sign mail; none: it is not signed. */
  readonly dkim: readonly DkimKey[];
  /** Address to the addresses of the mailboxes whose users may send as it. */
  readonly senders: ReadonlyMap<string, readonly string[]>;
  /** By name. */
  readonly domains: readonly ResolvedDomain[];
}

export interface ResolvedAcme {
  /** The URL of the authority's directory. */
  readonly directory: string;
  readonly email: string;
  /** Names that the certificate covers, the host's own first. */
  readonly names: readonly string[];
  /** Where the DNS records of the challenge are made; undefined: the challenge is by HTTP. */
  readonly dnsProvider: string | undefined;
  /** PEM; undefined: the directory's own certificate is of an authority that the host trusts. */
  readonly directoryCertificateAuthority: string | undefined;
}

export interface ResolvedDomain {
  readonly name: string;
  /** The domain whose addresses it has. */
  readonly aliasOf: string | undefined;
  /** Rights of its users on public folders. */
  readonly acls: readonly Acl[];
  /** By address. */
  readonly mailboxes: readonly ResolvedMailbox[];
  /** Aliases with a recipient, by address. */
  readonly aliases: readonly ResolvedAlias[];
  /** Who gets the mail for all addresses that are not defined; empty: they are refused. */
  readonly catchAll: readonly string[];
  /** Addresses that are defined, but have no recipient, where they would be caught otherwise. */
  readonly refused: readonly string[];
}

export interface ResolvedMailbox {
  readonly address: string;
  /** The user's home directory on the host. */
  readonly home: string;
  readonly enabled: boolean;
  /** Addresses that get its mail, its own among them if it keeps a copy. Empty: it alone does. */
  readonly forward: readonly string[];
  /** Undefined where it is that of the host. */
  readonly quota: string | undefined;
  /** Undefined where it is that of the host. */
  readonly format: MailFormat | undefined;
  readonly aclGroups: readonly string[];
  /** The text of the user's Sieve script; undefined where the user's own is left alone. */
  readonly sieve: string | undefined;
}

export interface ResolvedAlias {
  readonly address: string;
  /** Addresses that get the mail; at least one. Those that are disabled are left out. */
  readonly members: readonly string[];
}
