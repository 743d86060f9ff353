import { feed, lines, type Script, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { mailboxKey } from "./mailboxKey.ts";

/** What the host prints before the words of sievec(1) about a script. */
const HEADING = "== script";

/**
 * What is wrong with managed Sieve scripts, by the word of the host's sievec(1), which knows the extensions that its
 * dovecot.conf allows. Nothing, where it is not installed yet.
 *
 * @param scripts address and text
 */
export async function sieveProblems(host: Host, scripts: readonly (readonly [string, string])[]): Promise<string[]> {
  if (scripts.length === 0) return [];
  // A company may give the same script to all.
  const owners = [...Map.groupBy(scripts, ([, text]) => text)];
  const answer = await host.ask(sh`
command -v sievec >/dev/null || exit 0
directory=$(${asNobody(sh`mktemp -d`)})
export directory
trap 'rm -rf "$directory"' EXIT
${lines(owners.map(([text]) => compile(text)))}`);
  const [, ...answers] = answer.split(`${HEADING}\n`);
  return owners.flatMap(([, scripts], index) => {
    const mistakes = mistakesIn(answers[index] ?? "");
    return mistakes.length === 0
      ? []
      : scripts.map(([owner]) => `${mailboxKey(owner, "sieve")}: ${mistakes.join("; ")}`);
  });
}

/**
 * The mistakes in sievec's answer: `script: line 3: error: unknown command 'foo'.` What else it says, such as that it
 * cannot read dovecot.conf, is not about the script.
 */
export function mistakesIn(answer: string): string[] {
  return [...answer.matchAll(/^script: (line \d+: )?error: (.*?)\.?$/gm)]
    .filter(([, , reason]) => reason !== "validation failed" && reason !== "parse failed")
    .map(([, line = "", reason = ""]) => line + reason);
}

function compile(text: string): Script {
  return sh`
echo ${HEADING}
${feed(text, asNobody(sh`cat >"$directory/script.sieve" && timeout 10 sievec "$directory/script.sieve" 2>&1 || true`))}`;
}

/** A compiler that reads the text of others should not be root. */
function asNobody(command: Script): Script {
  return sh`setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs sh -c ${command.text}`;
}
