/** A value of a daemon's own setting; true and false stand for yes and no. */
export type ExtraValue = string | number | boolean;

/** Settings of Dovecot: the name of a setting to its value, or of a section (`protocol imap`) to what is in it. */
export interface DovecotSettings {
  [name: string]: ExtraValue | DovecotSettings;
}

/** The value as both daemons write it. */
export function valueText(value: ExtraValue): string {
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}
