/** Rights of one identifier on public folders, see https://doc.dovecot.org/2.4.1/core/plugins/acl.html. */
export interface Acl {
  readonly mailbox: string;
  readonly identifier: string;
  /** Letters, see RFC 4314. */
  readonly rights: string;
}

/** Where all public folders are, to a mail client: the prefix of the public namespace without its separator. */
export const publicPrefix = "Public";

/** What holds where nothing else is said: everybody reads, a group administers. */
export const defaultAcls: readonly Acl[] = [
  ["anyone", "l", "lrs"],
  ["group=PublicMailboxAdmins", "lrwstipekxa", "lrwstipekxa"],
].flatMap(([identifier = "", onPrefix = "", onFolders = ""]) => [
  { mailbox: publicPrefix, identifier, rights: onPrefix },
  { mailbox: `${publicPrefix}/*`, identifier, rights: onFolders },
]);

/**
 * What holds where public folders are not to be seen. Without these lines the administrator of a folder could give a user
 * rights by IMAP: they count where the configuration names no user.
 */
export const noAcls: readonly Acl[] = [publicPrefix, `${publicPrefix}/*`].map((mailbox) => ({
  mailbox,
  identifier: "anyone",
  rights: "",
}));
