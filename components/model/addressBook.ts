import type { DomainsSettings } from "../validation/settings.ts";
import { completeAddress, splitAddress } from "./address.ts";
import { longForm } from "./longForm.ts";

/** An alias with all names completed to addresses. */
export interface CompleteAlias {
  readonly members: readonly string[];
  readonly senders: readonly string[];
}

/** Local parts that every mail domain must have: RFC 5321, 4.5.1 and RFC 2142, 2. */
const roleAccounts = ["abuse", "postmaster"];

/** What the settings say of every address of the served domains. */
export class AddressBook {
  readonly domains: ReadonlySet<string>;
  /** Address to whether its mailbox is enabled. */
  readonly mailboxes: ReadonlyMap<string, boolean>;
  readonly aliases: ReadonlyMap<string, CompleteAlias>;
  readonly #reachable = new Map<string, boolean>();

  /** @param postmaster Gets the mail for the role accounts that a domain does not define; undefined: nobody does */
  constructor(domains: DomainsSettings, postmaster?: string) {
    const mailboxes = new Map<string, boolean>();
    const aliases = new Map<string, CompleteAlias>();
    for (const [domain, own] of Object.entries(domains)) {
      const complete = (member: string) => completeAddress(member, domain);
      for (const [localPart, { enabled }] of Object.entries(own.mailboxes)) mailboxes.set(complete(localPart), enabled);
      for (const [localPart, alias] of Object.entries(own.aliases)) {
        const { members, senders = members } = longForm(alias);
        aliases.set(complete(localPart), { members: members.map(complete), senders: senders.map(complete) });
      }
    }
    const forRoles = postmaster === undefined ? [] : [postmaster];
    for (const address of Object.keys(domains).flatMap((domain) => roleAccounts.map((role) => `${role}@${domain}`))) {
      if (mailboxes.has(address) || aliases.has(address)) continue;
      aliases.set(address, { members: forRoles, senders: forRoles });
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

  isEnabledMailbox(address: string): boolean {
    return this.mailboxes.get(address) === true;
  }

  /** Whether mail for the address reaches anybody: an enabled mailbox or another host, if need be through aliases. */
  isReachable(address: string): boolean {
    if (!this.isServed(address)) return true;
    const known = this.#reachable.get(address);
    if (known !== undefined) return known;
    const members = this.aliases.get(address)?.members ?? [];
    const reachable = this.isEnabledMailbox(address) || members.some((member) => this.isReachable(member));
    this.#reachable.set(address, reachable);
    return reachable;
  }

  /** Local parts of all mailboxes and aliases of a domain. */
  localParts(domain: string): string[] {
    return [...this.mailboxes.keys(), ...this.aliases.keys()]
      .map(splitAddress)
      .filter((address) => address.domain === domain)
      .map(({ localPart }) => localPart);
  }
}
