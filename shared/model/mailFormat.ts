/** How a mailbox is stored: Dovecot's `mail_driver`, and the name of the directory in its user's home. */
export type MailFormat = "maildir" | "mdbox";
