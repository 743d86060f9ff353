import type { AliasSettings, DomainsSettings } from "../validation/settings.ts";
import { completeAddress, splitAddress } from "./address.ts";

/** What the settings say of every address of the served domains, with all names completed to addresses. */
export class AddressBook {
  readonly domains: ReadonlySet<string>;
  /** Address to whether its mailbox is enabled. */
  readonly mailboxes: ReadonlyMap<string, boolean>;
  readonly aliases: ReadonlyMap<string, Required<AliasSettings>>;
  readonly #reachable = new Map<string, boolean>();

  constructor(domains: DomainsSettings) {
    const mailboxes = new Map<string, boolean>();
    const aliases = new Map<string, Required<AliasSettings>>();
    for (const [domain, own] of Object.entries(domains)) {
      const complete = (member: string) => completeAddress(member, domain);
      for (const [localPart, { enabled }] of Object.entries(own.mailboxes)) mailboxes.set(complete(localPart), enabled);
      for (const [localPart, { members, senders }] of Object.entries(own.aliases)) {
        aliases.set(complete(localPart), {
          members: members.map(complete),
          senders: (senders ?? members).map(complete),
        });
      }
    }
    this.domains = new Set(Object.keys(domains));
    this.mailboxes = mailboxes;
    this.aliases = aliases;
  }

  /** Whether the address is of a served domain. */
  isServed(address: string): boolean {
    return this.domains.has(splitAddress(address).domain);
  }

  isDefined(address: string): boolean {
    return this.mailboxes.has(address) || this.aliases.has(address);
  }

  /** Local parts of all mailboxes and aliases of a domain. */
  localParts(domain: string): string[] {
    return [...this.mailboxes.keys(), ...this.aliases.keys()]
      .map(splitAddress)
      .filter((address) => address.domain === domain)
      .map(({ localPart }) => localPart);
  }

  isEnabledMailbox(address: string): boolean {
    return this.mailboxes.get(address) === true;
  }

  /** Whether mail for the address reaches anybody: an enabled mailbox or another host, if need be through aliases. */
  isReachable(address: string): boolean {
    if (!this.isServed(address)) return true;
    const known = this.#reachable.get(address);
    if (known !== undefined) return known;
    // An alias that leads back to itself reaches nobody by that way.
    this.#reachable.set(address, false);
    const members = this.aliases.get(address)?.members ?? [];
    const reachable = this.isEnabledMailbox(address) || members.some((member) => this.isReachable(member));
    this.#reachable.set(address, reachable);
    return reachable;
  }
}
