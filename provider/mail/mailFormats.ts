import type { MailFormat } from "../../shared/model/mailFormat.ts";
import type { DovecotDialect } from "../../shared/releases/dovecotDialect.ts";
import { Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { mailboxKey } from "./mailboxKey.ts";
import { usersOf } from "./passwdFile.ts";
import { linesOf } from "./textLines.ts";

/** Where a user's mail is, or is going to be. */
interface Storage {
  address: string;
  home: string;
  format: MailFormat;
  /** Whether the user's own line says so. */
  isOwn: boolean;
}

type Users = Readonly<Record<string, string>>;

const COMMON_KEY = "mailhost:mail.format";

/** As many homes as one message names. */
const MANY = 3;

/**
 * Mailboxes that would be in another format than the mail that their homes hold, which would be out of sight.
 *
 * @param dialect how passwd files say which format a user has
 * @param present the passwd files as they are on the host
 * @param wanted the passwd files as they are going to be
 * @param common the format of mailboxes without one of their own, from now on
 */
export async function formatProblems(
  host: Host,
  dialect: DovecotDialect,
  present: Users,
  wanted: Users,
  common: MailFormat,
): Promise<string[]> {
  const storages = storagesOf(wanted, common, dialect);
  const holding = new Set(await directoriesWithMail(host, storages.map(otherDirectory)));
  const hidden = storages.filter((storage) => holding.has(otherDirectory(storage)));
  const hadOwn = new Set(
    storagesOf(present, common, dialect).flatMap(({ address, isOwn }) => (isOwn ? [address] : [])),
  );
  const byKey = Map.groupBy(hidden, ({ address, isOwn }) =>
    isOwn || hadOwn.has(address) ? mailboxKey(address, "format") : COMMON_KEY,
  );
  return [...byKey].map(([key, storages]) => tell(key, storages));
}

function tell(key: string, storages: readonly Storage[]): string {
  const [{ format }] = storages as [Storage];
  const before = otherFormat(format);
  const homes = storages.slice(0, MANY).map(({ home }) => home);
  const places = storages.length > MANY ? `${homes.join(", ")} and ${storages.length - MANY} more` : homes.join(", ");
  const exception = key === COMMON_KEY ? `, give these mailboxes \`format: ${before}\`` : "";
  return `${key}: cannot be "${format}" while there is mail as ${before}, which would be out of sight, in ${places}. Go back to "${before}"${exception}, or convert the mail first: see docs/mail-format.md`;
}

function storagesOf(users: Users, common: MailFormat, dialect: DovecotDialect): Storage[] {
  return Object.values(users)
    .flatMap(usersOf)
    .map(({ address, home, settings }) => {
      const own = dialect.mailFormatOf(settings);
      return { address, home, format: own ?? common, isOwn: own !== undefined };
    });
}

function otherFormat(format: MailFormat): MailFormat {
  return format === "maildir" ? "mdbox" : "maildir";
}

function otherDirectory({ home, format }: Storage): string {
  return `${home}/${otherFormat(format)}`;
}

/** Of these directories, those with a message of either format in them. */
async function directoriesWithMail(host: Host, directories: readonly string[]): Promise<string[]> {
  if (directories.length === 0) return [];
  const answer = await host.ask(sh`
while IFS= read -r directory; do
  [ -d "$directory" ] || continue
  message=$(find -H "$directory" -type f '(' -path '*/cur/*' -o -path '*/new/*' -o -path '*/storage/m.*' ')' -print -quit)
  [ -z "$message" ] || echo "$directory"
done <<'END_OF_DIRECTORIES'
${new Script(directories.map((directory) => `${directory}\n`).join(""))}END_OF_DIRECTORIES`);
  return linesOf(answer);
}
