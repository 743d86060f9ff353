import type { AddressBook } from "../addresses/addressBook.ts";
import { type Path, type Problem, problem } from "../settings/problem.ts";
import type { AclSettings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";
import { didYouMean } from "../settings/spelling.ts";

/** Rights that are given to no user, or, which is worse, taken from none. */
export function validateAcls(acls: readonly AclSettings[], book: AddressBook, path: Path): Problem[] {
  return acls.flatMap(({ identifier }, index) => {
    const [, user] = /^-?user=(.*)$/.exec(identifier) ?? [];
    if (user === undefined || !book.lacksMailbox(user)) return [];
    const nearest = didYouMean(user, [...book.mailboxes.keys()]);
    return [problem([...path, index, "identifier"], `${show(identifier)} names no mailbox of this host${nearest}`)];
  });
}
