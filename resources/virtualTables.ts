import * as pulumi from "@pulumi/pulumi";
import type { AddressFileOwners, TablePaths } from "../shared/tables.ts";

/** Arguments of {@link VirtualTables}. Every text has one line per address, sorted, and ends with a newline. */
export interface VirtualTablesArgs {
  /** The directory of all mail, such as `/var/vmail`. It cannot change: the mail lies there. */
  mailRoot: pulumi.Input<string>;
  /**
   * The map type of the compiled Postfix tables: `hash` on Debian 12.
   *
   * @default "lmdb"
   */
  mapType?: pulumi.Input<"lmdb" | "hash">;
  /**
   * Paths of the source texts of the Postfix tables, which main.cf names too.
   *
   * @default - those of Debian and of the documented text below /etc/postfix
   */
  paths?: pulumi.Input<TablePaths>;
  /**
   * `owner:group mode` of what is written.
   *
   * @default - those of the accounts vmail and doveauth
   */
  owners?: pulumi.Input<AddressFileOwners>;
  /**
   * How mail is stored by users whose line names no `userdb_mail_driver`. It cannot change while their homes hold mail.
   *
   * @default "maildir"
   */
  mailFormat?: pulumi.Input<"maildir" | "mdbox">;
  /**
   * Domain to the text of its passwd file, `<mailRoot>/auth.d/<domain>/passwd`, in which each password hash is
   * replaced by its scheme and fingerprint: see `hashFingerprint`.
   */
  users: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** The password hashes: one `address {SCHEME}hash` line per mailbox, sorted. A secret. */
  hashes: pulumi.Input<string>;
  /** Source text of the Postfix table of mailboxes (`virtual_mailbox_maps`). */
  mailboxes: pulumi.Input<string>;
  /** Source text of the Postfix table of aliases (`virtual_alias_maps`). */
  aliases: pulumi.Input<string>;
  /** Source text of the Postfix table of mailboxes that keep no copy of their mail: their quota does not matter. */
  forwardedRecipients: pulumi.Input<string>;
  /** Source text of the Postfix table of addresses that are refused although a catch-all would take them. */
  refusedRecipients: pulumi.Input<string>;
  /** Source text of the Postfix table of sender rights (`smtpd_sender_login_maps`). */
  senders: pulumi.Input<string>;
  /** Source text of the Postfix table of mailboxes that are closed to all mail (`transport_maps`). */
  transports: pulumi.Input<string>;
  /**
   * Domain to the text of its ACL file, `<mailRoot>/conf.d/<domain>/acls`.
   *
   * @default {}
   */
  acls?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * Address to the Sieve script that is managed for it, `<mailRoot>/<domain>/<user>/.dovecot.sieve`.
   *
   * @default {}
   */
  sieve?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * Everything about addresses: Dovecot's passwd and ACL files, the compiled Postfix tables and the managed Sieve
 * scripts. Only what changed is written, by rename; no daemon is reloaded.
 */
export class VirtualTables extends pulumi.CustomResource {
  declare public readonly users: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: VirtualTablesArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "mailhost:mail:VirtualTables",
      name,
      { ...args, acls: args.acls ?? {}, sieve: args.sieve ?? {}, hashes: pulumi.secret(args.hashes) },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["hashes"] }),
    );
  }
}
