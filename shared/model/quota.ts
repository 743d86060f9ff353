/** Bytes in each unit; the same letters mean the same to Dovecot. */
const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Dovecot's own default: enough for most single messages. */
const mostGrace = 10 * 2 ** 20;

/** The bytes that a quota allows, `Infinity` where it is unlimited, or undefined for a text that is no quota. */
export function quotaBytes(quota: string): number | undefined {
  if (quota === "unlimited") return Number.POSITIVE_INFINITY;
  const [, amount, unit = ""] = /^([1-9]\d*)([KMGT])$/.exec(quota) ?? [];
  const bytes = Number(amount) * (units[unit] ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** What Dovecot sets for a quota. */
export interface QuotaSettings {
  /** `quota_storage_size` */
  readonly size: string;
  /** `quota_storage_grace`: by how much the message that fills the mailbox may exceed the quota */
  readonly grace: string;
}

/**
 * The settings for a quota: its size, and a tenth of it as grace, but at most 10M. With Dovecot's fixed 10M a mailbox
 * of 1M would take a message of 3 MB.
 */
export function quotaSettings(quota: string): QuotaSettings {
  const bytes = quotaBytes(quota) ?? Number.POSITIVE_INFINITY;
  const grace = Math.min(bytes / 10, mostGrace);
  return {
    // In Dovecot's passwd fields, only the number says "no limit".
    size: Number.isFinite(bytes) ? quota : "0",
    grace: grace === mostGrace ? "10M" : `${Math.floor(grace / 1024)}K`,
  };
}
