import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemd } from "../../../../provider/machine/systemd.ts";
import { COMMON_SHELL } from "../../../../provider/transaction/shell.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

/** What systemctl(1) says of postfix.service. */
interface Known {
  /** The answer to `show --property ConsistsOf,Conflicts`. */
  readonly parts: string;
  readonly active: readonly string[];
}

/** Runs the shell on a machine of which that is known, and answers which commands changed something there. */
function changes(call: string, { parts, active }: Known): string[] {
  const log = join(folder(), "changes");
  const systemctl = `#!/bin/sh
case "$*" in
  'show --property ConsistsOf,Conflicts '*) printf '${parts.replaceAll("\n", "\\n")}\\n' ;;
  *is-active*)
    is=0
    [ "$1" != --quiet ] || exec >/dev/null
    shift "$(($# - $(echo "$*" | sed 's/.*-- //' | wc -w)))"
    for unit in "$@"; do
      case ' ${active.join(" ")} ' in *" $unit "*) echo active ;; *) echo inactive; is=3 ;; esac
    done
    exit $is
    ;;
  *) echo "$*" >>${log} ;;
esac
`;
  writeFileSync(log, "");
  writeFileSync(join(folder(), "systemctl"), systemctl, { mode: 0o755 });
  const env = { PATH: `${folder()}:${process.env.PATH}` };
  const input = `set -eu\n${systemd.shell}\n${COMMON_SHELL}\n${call}\n`;
  execFileSync("sh", ["-s"], { input, env, stdio: ["pipe", "pipe", "inherit"] });
  return readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("reset-failed"));
}

const reload = "activate postfix.service reload systemctl reload-by-postfix";

test.each<[machine: string, known: Known, does: string[]]>([
  [
    "Debian 13",
    { parts: "ConsistsOf=\nConflicts=shutdown.target postfix@-.service", active: ["postfix.service"] },
    ["reload-by-postfix"],
  ],
  [
    "Debian 13 with an instance beside",
    {
      parts: "ConsistsOf=postfix@two.service\nConflicts=postfix@-.service",
      active: ["postfix.service", "postfix@two.service"],
    },
    ["reload-by-postfix"],
  ],
  [
    "Debian 12, where all is done by the instance",
    {
      parts: "ConsistsOf=postfix@-.service\nConflicts=shutdown.target",
      active: ["postfix.service", "postfix@-.service"],
    },
    ["reload-by-postfix"],
  ],
  [
    "Debian 12 whose instance has ended",
    { parts: "ConsistsOf=postfix@-.service\nConflicts=shutdown.target", active: ["postfix.service"] },
    ["start -- postfix.service postfix@-.service"],
  ],
  [
    "Debian 13 that was Debian 12 at the last boot: what runs is ended before",
    {
      parts: "ConsistsOf=postfix@-.service\nConflicts=shutdown.target postfix@-.service",
      active: ["postfix.service", "postfix@-.service"],
    },
    ["stop -- postfix@-.service", "restart -- postfix.service"],
  ],
])("a change reaches Postfix by the least on %s", (_machine, known, does) => {
  expect(changes(reload, known)).toEqual(does);
});
