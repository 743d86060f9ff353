import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { transactionShell } from "../../../../provider/transaction/shell.ts";
import { makeTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

// Some hundred transactions of a second each, on a machine that does other things too.
vi.setConfig({ testTimeout: 300_000 });

/**
 * What a transaction here has: a file that changes, by way of a link; one that stays; a new one; one that goes, and two that the
 * distribution had.
 */
const before = {
  "main.cf": "old main\n",
  "same.cf": "same\n",
  "gone.conf": "old gone\n",
  "given.conf": "old given\n",
  "late.pem": "old late\n",
};
const after = { "main.cf": "new main\n", "same.cf": "same\n", "new.conf": "new\n", "given.conf": "given\n" };
const changed = ["new.conf", "main.cf"];
const removed = ["gone.conf", "given.conf"];
const obsolete = ["late.pem"];
const unchanged = ["same.cf"];
/** Numbers of the configurations that are kept already. */
const earlier = ["5", "6", "7", "9", "10"];

/** What the command does that fails, and which commands can; these are all that the transaction uses. */
const faults = {
  "does nothing": {
    commands: [
      ...[
        "cat",
        "cp",
        "date",
        "dirname",
        "find",
        "install",
        "ln",
        "mkdir",
        "mv",
        "readlink",
        "rm",
        "sha256sum",
        "sync",
      ],
    ],
    behaviour: "return 1",
  },
  "does nothing from then on": { commands: ["mv", "readlink", "rm"], behaviour: "return 1" },
  "is stopped with all": { commands: ["cp", "mv", "rm"], behaviour: "kill -TERM $$; return 1" },
  "loses its power": { commands: ["cp", "mv", "rm"], behaviour: "kill -KILL $$; exit" },
  "does half": {
    commands: ["cp", "rm"],
    behaviour: 'for last; do :; done; printf x >"$last"; return 1',
  },
};

interface Trial {
  /** Which command fails; the first is 1. */
  failing?: number;
  fault?: keyof typeof faults;
  /** What the daemon does not work with. */
  refused?: string;
}

interface Ending {
  code: number;
  stderr: string;
  files: Record<string, string>;
  /** What the daemon has read last. */
  loaded: string;
  /** The configurations that are kept: number to its files, `until` left out. */
  kept: Record<string, Record<string, string>>;
  /** The commands that were run, each with its arguments, in places that begin with `/`. */
  commands: string[];
  /** Whether the next deployment would begin with an undo. */
  isOpen: boolean;
  /** Whether as many commands were run as it takes to reach the fault. */
  reached: boolean;
}

/**
 * Runs a transaction in a folder of its own; then the commands that it names at the end, or what the next deployment runs
 * where the power was lost.
 */
async function run({ failing = 0, fault = "does nothing", refused = "nothing" }: Trial): Promise<Ending> {
  const { commands, behaviour } = faults[fault];
  const forGood = fault === "does nothing from then on";
  const root = makeTemporaryFolder("test");
  const place = (name: string) => join(root, "etc", name);
  const write = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  try {
    for (const [name, text] of Object.entries(before))
      write(place(name === "main.cf" ? "elsewhere/main.cf" : name), text);
    symlinkSync("elsewhere/main.cf", place("main.cf"));
    write(join(root, "originals", place("given.conf")), after["given.conf"]);
    for (const name of changed) write(join(root, "stage", place(name)), after[name as keyof typeof after]);
    for (const number of earlier) write(join(root, "previous", number, "set.json"), number);
    write(join(root, "stage", "set.json"), "{}");
    write(join(root, "count"), "0");
    write(join(root, "loaded"), before["main.cf"]);
    const list = (names: readonly string[]) => names.map(place).join("\n");
    const digests = (names: readonly string[], texts: Record<string, string>) =>
      names
        .map(
          (name) =>
            `${texts[name] === undefined ? "-" : createHash("sha256").update(texts[name]).digest("hex")} ${place(name)}`,
        )
        .join("\n");
    const definitions = `
service_is_active() { :; }
service_stop() { exit 9; }
services_look() { echo true; }
undo_at_boot() { :; }
log_mark() { echo 1; }
${transactionShell([])}
daemon_unit=daemon.service daemon_processes=daemon daemon_listeners= daemon_previous_listeners=before
daemon_prepare() { echo reload; }
daemon_activate() { command cat ${place("main.cf")} >${root}/loaded; }
daemon_probe() { ! grep -q '${refused}' ${root}/loaded; }
daemons=daemon leaving= units=daemon.service
stage=${root}/stage previous=${root}/previous originals=${root}/originals
changed='${list(changed)}'
removed='${list(removed)}'
obsolete='${list(obsolete)}'
foreign='${list(["new.conf"])}'
expected='${digests([...changed, ...removed, ...obsolete], before)}'
wanted='${digests(changed, after)}'
kept='${digests([...unchanged, ...changed, ...removed, ...obsolete], before)}'
unchanged='${list(unchanged)}'
`;
    write(join(root, "stage", "undo.part"), `${definitions}\nrecover "$@"`);
    const script = `
fails() {
  read -r count <${root}/count
  count=$((count + 1))
  echo $count >${root}/count
  [ $count = ${failing} ] || { ${forGood ? `[ $count -gt ${failing} ] && [ "$(command cat ${root}/failed)" = "$1" ]` : "false"}; } || return 1
  echo "$1" >${root}/failed
}
${commands.map((command) => `${command}() { echo "${command} $*" >>${root}/commands; if fails ${command}; then ${behaviour}; fi; command ${command} "$@"; }`).join("\n")}
${definitions}
set -eu
trap remove_stage EXIT
transaction
keep_set`;
    const { code, stderr } = await shell(script);
    if (forGood) await shell(stderr.replaceAll(/^(?! {2}).*$/gm, ""));
    if (fault === "loses its power") await shell(`[ ! -e ${root}/stage/undo ] || sh ${root}/stage/undo`);
    const files = filesIn(join(root, "etc"));
    const kept = Object.fromEntries(
      readdirSync(join(root, "previous")).map((number) => {
        const set = join(root, "previous", number);
        return [number, { ...filesIn(set), ...filesIn(join(set, root, "etc")) }];
      }),
    );
    return {
      code,
      stderr,
      files,
      loaded: readFileSync(join(root, "loaded"), "utf8"),
      kept,
      commands: readFileSync(join(root, "commands"), "utf8").replaceAll(root, "").split("\n"),
      isOpen: readIfThere(join(root, "stage", "undo")) !== undefined,
      reached: Number(readFileSync(join(root, "count"), "utf8")) >= failing,
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function shell(script: string): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile("sh", ["-s"], (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 128), stderr });
    });
    child.stdin?.end(script);
  });
}

/** Name to text of the files of a folder, links followed. */
function filesIn(folder: string): Record<string, string> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return {};
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile() && name !== "until");
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** What was kept before is kept still, but for the oldest where there is one more; that is whole. */
function expectKept({ kept, code }: Ending, failing: number): void {
  const { new: _, etc: __, "5": oldest, "11": youngest, ...others } = kept;
  const between = earlier.slice(1).map((number) => [number, { "set.json": number }]);
  expect({ failing, others }).toEqual({ failing, others: Object.fromEntries(between) });
  if (youngest === undefined) expect({ failing, oldest }).toEqual({ failing, oldest: { "set.json": "5" } });
  else expect({ failing, code, youngest }).toMatchObject({ failing, youngest: { "set.json": "{}", ...before } });
}

/** Lets the first command fail, then the second, until there are no more. */
async function withEach(trial: Trial, judge: (ending: Ending, failing: number) => void): Promise<void> {
  const atOnce = 4;
  for (let first = 1; ; first += atOnce) {
    const numbers = Array.from({ length: atOnce }, (_, index) => first + index);
    const endings = await Promise.all(numbers.map((failing) => run({ ...trial, failing })));
    for (const [index, ending] of endings.entries()) if (ending.reached) judge(ending, first + index);
    if (endings.some(({ reached }) => !reached)) return;
  }
}

test("all commands succeed: the new configuration is in force", async () => {
  const { kept, ...ending } = await run({});
  expect(ending).toMatchObject({ code: 0, stderr: "", files: after, loaded: after["main.cf"] });
  expect(kept).toEqual({
    ...Object.fromEntries(["6", "7", "9", "10"].map((number) => [number, { "set.json": number }])),
    "11": { "set.json": "{}", ...before },
  });
});

test("the daemon does not work with it: the old one is back", async () => {
  expect(await run({ refused: "new" })).toMatchObject({ code: 1, files: before, loaded: before["main.cf"] });
});

test("the daemon works with neither: the files are back, and the next deployment does not wait for the daemon", async () => {
  const { files, stderr, isOpen } = await run({ refused: "main" });
  expect({ files, isOpen }).toEqual({ files: before, isOpen: false });
  expect(stderr).toContain("THE PREVIOUS CONFIGURATION IS NOT BACK IN FORCE. Its files are");
});

/**
 * What is not certain to be on the disk when it counts: when the first file is replaced, the way back; when that way is closed,
 * every file and name below `/etc` and `/originals`.
 */
function uncertain(commands: readonly string[]): string[] {
  const loose = new Set<string>();
  const looseIn = (folder: string) => [...loose].filter((path) => path.startsWith(folder));
  return commands.flatMap((line) => {
    const [command = "", ...args] = line.split(" ");
    const last = args.at(-1) ?? "";
    const closes = line === "rm -f -- /stage/undo";
    const complaints = [
      ...(command === "mv" && last.startsWith("/etc") ? [...looseIn("/stage"), ...looseIn(args.at(-2) ?? "")] : []),
      ...(closes ? [...looseIn("/etc"), ...looseIn("/originals")] : []),
    ].map((path) => `${line}: ${path}`);
    if (command === "sync") for (const path of args) loose.delete(path);
    if (line === "find /stage -exec sync {} +") for (const path of looseIn("/stage")) loose.delete(path);
    if (command === "cp") loose.add(last);
    if (command === "mv" && loose.delete(args.at(-2) ?? "")) loose.add(last);
    if (["mv", "rm", "install"].includes(command) && !closes) loose.add(dirname(last));
    return complaints;
  });
}

test.each(["nothing", "new"])(
  "a change with which the daemon refuses %s is on the disk before the way back is given up",
  async (refused) => {
    const { commands } = await run({ refused });
    expect(uncertain(commands)).toEqual([]);
    expect(commands.filter((line) => /^mv .* \/etc|^rm -f -- \/etc/.test(line)).length).toBeGreaterThan(4);
    const careless = commands.filter((line) => !/^(?:sync|find) /.test(line));
    expect(uncertain(careless).length).toBeGreaterThan(4);
  },
);

const old = { files: before, loaded: before["main.cf"] };
const renewed = { files: after, loaded: after["main.cf"] };

describe.each(["does nothing", "is stopped with all", "does half"] as const)(
  "a command that %s, whichever it is",
  (fault) => {
    test("leaves the whole old or the whole new configuration, and the exit status says which", async () => {
      await withEach({ fault }, (ending, failing) => {
        const { code, files, loaded, stderr } = ending;
        expect({ failing, stderr, files, loaded }).toEqual({ failing, stderr, ...(code === 0 ? renewed : old) });
        expectKept(ending, failing);
      });
    });

    test("does not keep the old configuration from coming back", async () => {
      await withEach({ fault, refused: "new" }, ({ code, files, loaded, stderr }, failing) => {
        expect({ failing, stderr, files, loaded }).toEqual({ failing, stderr, ...old });
        expect(code).not.toBe(0);
      });
    });
  },
);

test("a command that fails from some moment on: what is told restores the old configuration", async () => {
  await withEach({ fault: "does nothing from then on", refused: "new" }, ({ code, files, stderr }, failing) => {
    expect({ failing, stderr, files }).toEqual({ failing, stderr, files: before });
    expect(code).not.toBe(0);
  });
});

describe("when the power is lost, in whatever moment,", () => {
  test("the next deployment finds the whole old or the whole new configuration", async () => {
    const endings = new Set<unknown>();
    await withEach({ fault: "loses its power" }, (ending, failing) => {
      const { files, loaded } = ending;
      expect([old, renewed], `command ${failing}`).toContainEqual({ files, loaded });
      expectKept(ending, failing);
      endings.add(loaded);
    });
    expect(endings.size).toBe(2);
  });

  test("the next deployment finds the old configuration where that was coming back", async () => {
    await withEach({ fault: "loses its power", refused: "new" }, ({ files, loaded }, failing) => {
      expect({ failing, files, loaded }).toEqual({ failing, ...old });
    });
  });
});
