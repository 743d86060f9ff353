export const mailFormats = ["maildir", "mdbox"] as const;

/** How a mailbox is stored: Dovecot's `mail_driver`, and the name of the directory in its user's home. */
export type MailFormat = (typeof mailFormats)[number];

export function isMailFormat(word: string): word is MailFormat {
  return (mailFormats as readonly string[]).includes(word);
}
