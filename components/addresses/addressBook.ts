import { completeAddress, splitAddress } from "../../shared/model/address.ts";
import type { DomainsSettings } from "../settings/schema.ts";
import { longForm } from "./longForm.ts";

/** A mailbox with all names completed to addresses. */
export interface CompleteMailbox {
  readonly enabled: boolean;
  /** Who gets its mail too. */
  readonly forward: readonly string[];
  readonly keepCopy: boolean;
  /** Further addresses that its user may send as. */
  readonly sendAs: readonly string[];
}

/** An alias with all names completed to addresses. */
export interface CompleteAlias {
  readonly members: readonly string[];
  readonly senders: readonly string[];
}

/** The local part that stands for every address of a domain that is not defined. */
export const catchAll = "@";

/** Local parts that every mail domain must have: RFC 5321, 4.5.1 and RFC 2142, 2. */
const roleAccounts = ["abuse", "postmaster"];

/** What the settings say of every address of the served domains. */
export class AddressBook {
  readonly domains: ReadonlySet<string>;
  readonly mailboxes: ReadonlyMap<string, CompleteMailbox>;
  /** Without the catch-alls. */
  readonly aliases: ReadonlyMap<string, CompleteAlias>;
  /** Domain to the recipients of the mail for every address of it that is not defined. */
  readonly catchAlls: ReadonlyMap<string, readonly string[]>;
  /** Role accounts whose mail is the postmaster's, and the members that the settings themselves give them. */
  readonly #written = new Map<string, readonly string[]>();
  #reachable: ReadonlySet<string> | undefined;
  readonly #sizes = new Map<string, number>();
  readonly #isWhole: boolean;

  /**
   * @param postmaster Gets the mail for the role accounts that a domain does not define, or that have no
   * recipient; undefined: none does
   * @param isWhole Whether these are all domains: false where some could not be read
   */
  constructor(domains: DomainsSettings, postmaster?: string, isWhole = true) {
    this.#isWhole = isWhole;
    const mailboxes = new Map<string, CompleteMailbox>();
    const aliases = new Map<string, CompleteAlias>();
    const catchAlls = new Map<string, readonly string[]>();
    for (const [domain, own] of Object.entries(domains)) {
      const complete = (member: string) => completeAddress(member, domain);
      // Most mailboxes have none of these, and there may be many thousands.
      const completeAll = (members: readonly string[]) => (members.length === 0 ? members : members.map(complete));
      for (const [localPart, { enabled, forward, keepCopy, sendAs }] of Object.entries(own.mailboxes)) {
        const mailbox = { enabled, forward: completeAll(forward), keepCopy, sendAs: completeAll(sendAs) };
        mailboxes.set(complete(localPart), mailbox);
      }
      for (const [localPart, alias] of Object.entries(own.aliases)) {
        const { members, senders = members } = longForm(alias);
        const addresses = members.map(complete);
        if (localPart === catchAll) catchAlls.set(domain, addresses);
        else aliases.set(complete(localPart), { members: addresses, senders: senders.map(complete) });
      }
    }
    const forRoles = postmaster === undefined ? [] : [postmaster];
    const own = Object.keys(domains).filter((domain) => domains[domain]?.aliasOf === undefined);
    const roles = own.flatMap((domain) => roleAccounts.map((role) => `${role}@${domain}`));
    for (const address of roles) {
      if (mailboxes.has(address) || aliases.has(address)) continue;
      aliases.set(address, { members: forRoles, senders: forRoles });
      this.#written.set(address, []);
    }
    const aliasDomains = Object.entries(domains).filter(([, { aliasOf }]) => aliasOf !== undefined);
    const defined = aliasDomains.length === 0 ? [] : [...mailboxes.keys(), ...aliases.keys()];
    const originals = Map.groupBy(defined, (address) => splitAddress(address).domain);
    for (const [domain, { aliasOf = "" }] of aliasDomains) {
      for (const address of originals.get(aliasOf) ?? []) {
        // Whoever may send as the original may send as this: see resolveSenders.
        aliases.set(`${splitAddress(address).localPart}@${domain}`, { members: [address], senders: [] });
      }
      const members = catchAlls.get(aliasOf);
      if (members !== undefined) catchAlls.set(domain, members);
    }
    this.domains = new Set(Object.keys(domains));
    this.mailboxes = mailboxes;
    this.aliases = aliases;
    this.catchAlls = catchAlls;
    if (postmaster !== undefined) {
      // This opens the address for mail and changes no right to send.
      for (const address of roles.filter((role) => !this.isReachable(role))) {
        this.#written.set(address, this.writtenTargets(address));
        aliases.set(address, { members: forRoles, senders: aliases.get(address)?.senders ?? [] });
      }
      this.#reachable = undefined;
    }
  }

  /** Whether the address is of a served domain. */
  isServed(address: string): boolean {
    return this.domains.has(splitAddress(address).domain);
  }

  isDefined(address: string): boolean {
    return this.mailboxes.has(address) || this.aliases.has(address);
  }

  isEnabledMailbox(address: string): boolean {
    return this.mailboxes.get(address)?.enabled === true;
  }

  /** The addresses that mail for the address is sent on to. */
  targets(address: string): readonly string[] {
    return this.aliases.get(address)?.members ?? this.mailboxes.get(address)?.forward ?? [];
  }

  /** The same by the settings alone, without what the postmaster gets in place of role accounts. */
  writtenTargets(address: string): readonly string[] {
    return this.#written.get(address) ?? this.targets(address);
  }

  /** Whether it is certain that there is no such mailbox. */
  lacksMailbox(address: string): boolean {
    return !this.mailboxes.has(address) && !this.mayBeUnread(splitAddress(address).domain);
  }

  /** Whether the domain may be one of those that could not be read. */
  mayBeUnread(domain: string): boolean {
    return !this.#isWhole && !this.domains.has(domain);
  }

  /** Whether mail for the address reaches anybody: an enabled mailbox or another host, if need be through aliases. */
  isReachable(address: string): boolean {
    if (!this.isServed(address)) return true;
    this.#reachable ??= this.#findReachable();
    return this.#reachable.has(address);
  }

  /** Goes from recipients to the aliases that lead there: a chain of aliases may be longer than the stack. */
  #findReachable(): Set<string> {
    const reachable = new Set([...this.mailboxes.keys()].filter((address) => this.isEnabledMailbox(address)));
    const aliasesOf = new Map<string, string[]>();
    for (const [address, { members }] of this.aliases) {
      if (members.some((member) => !this.isServed(member))) reachable.add(address);
      for (const member of members) {
        const known = aliasesOf.get(member);
        if (known === undefined) aliasesOf.set(member, [address]);
        else known.push(address);
      }
    }
    // What is added while the set is gone through has its turn too.
    for (const address of reachable) for (const alias of aliasesOf.get(address) ?? []) reachable.add(alias);
    return reachable;
  }

  /** How many addresses these become as Postfix counts them: a recipient in two ways counts twice. */
  expansionSize(addresses: readonly string[]): number {
    return addresses.reduce((sum, address) => sum + this.#size(address), 0);
  }

  /** Local parts of all mailboxes and aliases of a domain. */
  localParts(domain: string): string[] {
    return [...this.mailboxes.keys(), ...this.aliases.keys()]
      .map(splitAddress)
      .filter((address) => address.domain === domain)
      .map(({ localPart }) => localPart);
  }

  /** Goes from what the address stands for back to it: a chain of aliases may be longer than the stack. */
  #size(address: string): number {
    const open = [address];
    const entered = new Set<string>();
    for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
      const targets = this.writtenTargets(current);
      if (!this.#sizes.has(current) && !entered.has(current)) {
        entered.add(current);
        open.push(...targets.filter((target) => !entered.has(target)));
        continue;
      }
      open.pop();
      if (this.#sizes.has(current)) continue;
      const isKept = targets.length === 0 || this.mailboxes.get(current)?.keepCopy === true;
      // One that is not known yet is of a loop.
      const others = targets.reduce((sum, target) => sum + (this.#sizes.get(target) ?? 1), 0);
      this.#sizes.set(current, others + (isKept ? 1 : 0));
    }
    return this.#sizes.get(address) ?? 1;
  }
}
