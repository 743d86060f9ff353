import { splitAddress } from "../../shared/model/address.ts";
import type { AddressBook } from "../addresses/addressBook.ts";
import { type Path, type Problem, problem } from "../settings/problem.ts";
import type { DomainsSettings } from "../settings/schema.ts";

/** More addresses of a loop than these are of no help. */
const mostShown = 10;

/** Aliases and forwards whose mail would come back to them: each loop once, at the address that closes it. */
export function validateLoops(domains: DomainsSettings, book: AddressBook): Problem[] {
  const problems = new Map<string, Problem>();
  const addresses = [...book.aliases.keys(), ...book.mailboxes.keys()];
  // Role accounts without recipient are the postmaster's, and what they say themselves is a mistake nevertheless.
  const written = findLoops(addresses, (address) => book.writtenTargets(address));
  const real = findLoops(addresses, (address) => book.targets(address));
  for (const loop of [...written, ...real]) {
    // Role accounts and addresses of an alias domain stand in no file.
    const first = loop.findIndex((address) => pathOf(address, domains) !== undefined);
    const way = [...loop.slice(first), ...loop.slice(0, first)];
    const [start = ""] = way;
    if (problems.has(start)) continue;
    const shown = way.length > mostShown ? [...way.slice(0, mostShown / 2), "..."] : way;
    problems.set(
      start,
      problem(pathOf(start, domains) ?? [], `leads back to itself: ${[...shown, start].join(" -> ")}`),
    );
  }
  return [...problems.values()];
}

/**
 * Each loop as the addresses in it, from the one that closes it. By a search in depth that enters every address once, and
 * without recursion: a chain of aliases may be longer than the stack.
 */
function* findLoops(
  addresses: readonly string[],
  targetsOf: (address: string) => readonly string[],
): Generator<string[]> {
  const finished = new Set<string>();
  for (const start of addresses) {
    if (finished.has(start)) continue;
    const way = [{ address: start, targets: targetsOf(start).values() }];
    const places = new Map([[start, 0]]);
    for (let step = way.at(-1); step !== undefined; step = way.at(-1)) {
      const { value: target, done } = step.targets.next();
      if (done) {
        way.pop();
        places.delete(step.address);
        finished.add(step.address);
        continue;
      }
      const place = places.get(target);
      if (place !== undefined) yield [step.address, ...way.slice(place, -1).map(({ address }) => address)];
      else if (!finished.has(target)) {
        places.set(target, way.length);
        way.push({ address: target, targets: targetsOf(target).values() });
      }
    }
  }
}

/** The place of the settings with the recipients of an address. */
function pathOf(address: string, domains: DomainsSettings): Path | undefined {
  const { localPart, domain } = splitAddress(address);
  const { aliases = {}, mailboxes = {} } = domains[domain] ?? {};
  if (Object.hasOwn(aliases, localPart)) return ["domains", domain, "aliases", localPart];
  if (Object.hasOwn(mailboxes, localPart)) return ["domains", domain, "mailboxes", localPart, "forward"];
  return undefined;
}
