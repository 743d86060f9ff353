import { splitAddress } from "../../shared/model/address.ts";
import * as names from "../settings/names.ts";
import { type DomainsSettings, defaultMailbox } from "../settings/schema.ts";
import { isRecord } from "../settings/shape.ts";

/*
 * What cannot be read of the domains has been told of; here it is kept from looking like more mistakes elsewhere.
 */

/**
 * The domains with each mailbox and alias that is none as one without settings: whatever names it is no mistake of its
 * own.
 */
export function withUnreadable(readable: DomainsSettings, given: Readonly<Record<string, unknown>>): DomainsSettings {
  return Object.fromEntries(
    Object.entries(readable).map(([name, domain]) => {
      const { mailboxes, aliases } = Object(given[name]);
      return [
        name,
        {
          ...domain,
          mailboxes: { ...each(mailboxes, names.localPart, defaultMailbox), ...domain.mailboxes },
          aliases: { ...each(aliases, names.aliasName, []), ...domain.aliases },
        },
      ];
    }),
  );
}

/** `value` by each name that is given. */
function each<Value>(given: unknown, name: RegExp, value: Value): Record<string, Value> {
  if (!isRecord(given)) return {};
  return Object.fromEntries(
    Object.keys(given)
      .filter((key) => name.test(key))
      .map((key) => [key, value]),
  );
}

/** Whether it can be told if there is a mailbox of the address. */
export function isReadable(address: string, readable: object = {}, given: object): boolean {
  const { domain } = splitAddress(address);
  return Object.hasOwn(readable, domain) || !Object.hasOwn(given, domain);
}
