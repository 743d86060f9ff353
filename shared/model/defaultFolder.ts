/** What mail programs use a folder for, see https://www.rfc-editor.org/rfc/rfc6154. */
export const specialUses = ["Drafts", "Sent", "Junk", "Trash", "Archive"] as const;

export type SpecialUse = (typeof specialUses)[number];

/** Whether a folder is there from the start, and subscribed to; as Dovecot's `auto`. */
export const autoModes = ["subscribe", "create", "no"] as const;

/** A folder that every mailbox has. */
export interface DefaultFolder {
  readonly name: string;
  /** Undefined where it is for nothing in particular. */
  readonly specialUse?: SpecialUse | undefined;
  readonly auto: (typeof autoModes)[number];
}
