import { z } from "zod";
import { lines, sh } from "../connection/shell.ts";
import { ATTRIBUTES_PATTERN, observePaths, splitAttributes } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import { isRecord, type Properties } from "../protocol/values.ts";
import { absolutePath } from "./absolutePath.ts";
import { ANOTHER_RESOURCE, hostResource, refuse } from "./hostResource.ts";

interface Inputs {
  root: string;
  directories: Record<string, string>;
}

interface Outputs {
  fileSystem: string;
}

/** See resources/directoryTree.ts. */
export const directoryTree = hostResource<Inputs, Outputs>({
  token: "mailhost:host:DirectoryTree",
  description: "Directories with owner, group and mode. What lies in them is never deleted.",
  inputs: z.strictObject({
    root: absolutePath.describe("The directory that all others are below."),
    directories: z
      .record(
        absolutePath,
        z.string().regex(ATTRIBUTES_PATTERN, 'must be "owner:group mode", such as "root:root 0755"'),
      )
      .describe("Absolute path to `owner:group mode`."),
  }),
  outputs: z.strictObject({ fileSystem: z.string().describe("The file system that the root is on.") }),
  fixed: { root: ANOTHER_RESOURCE },
  id: (inputs) => inputs.root,
  check: ({ root, directories }) =>
    Object.keys(directories)
      .filter((path) => path !== root && !path.startsWith(`${root}/`))
      .map((path) => ({ property: `directories[${JSON.stringify(path)}]`, reason: `must be ${root} or lie below it` })),

  async observe({ host }, root, known) {
    const paths = Object.keys(known.directories ?? { [root]: "" });
    const [found, fileSystemAnswer] = await Promise.all([
      observePaths(host, paths),
      host.ask(sh`
directory=${root}
until [ -d "$directory" ]; do directory=$(dirname "$directory"); done
findmnt -n -o SOURCE,UUID,FSTYPE -T "$directory" | tail -n 1`),
    ]);
    const directories = [...found].filter(([, { kind }]) => kind === "directory");
    const fileSystem = fileSystemAnswer.trim().replace(/\s+/g, " ");
    return {
      present: directories.length > 0,
      state: {
        root,
        directories: Object.fromEntries(directories.map(([path, { attributes }]) => [path, attributes])),
        fileSystem,
      },
    };
  },

  distrust: (before, seen) => anotherFileSystem(seen.root, before.fileSystem, seen.fileSystem),

  async preflight({ host, remembered }, { directories = {} }, { state: { root, fileSystem } }) {
    const found = await observePaths(host, Object.keys(directories));
    const taken = [...found].filter(([, { kind }]) => kind !== "directory");
    const { unmounted, isEmpty } = await lookAtMounts(host, root);
    const known = String(remembered.fileSystem ?? "");
    refuse([
      ...taken.map(([path]) => `${path} is in the way: it is no directory`),
      ...unmounted.map(notMounted),
      // Where the mail was moved on purpose, it is there.
      ...(isEmpty && unmounted.length === 0 ? anotherFileSystem(root, known, fileSystem) : []),
    ]);
  },

  async intend({ remembered }, { directories }) {
    return { ...remembered, directories: { ...mapOf(remembered.directories), ...directories } };
  },

  async converge({ host, remembered }, wanted, { state }) {
    const steps = Object.entries(wanted.directories)
      .filter(([path, attributes]) => state.directories[path] !== attributes)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, attributes]) => {
        const { owner, group, mode } = splitAttributes(attributes);
        // `install -d` alone does not give an existing directory its set-group-ID bit back.
        return sh`install -d -o ${owner} -g ${group} -m ${mode} -- ${path} && chmod ${mode} -- ${path}`;
      });
    const known = { ...mapOf(remembered.leftBehind), ...mapOf(remembered.directories) };
    const dropped = Object.keys(known).filter((path) => wanted.directories[path] === undefined);
    if (steps.length + dropped.length > 0) await host.change(lines([...steps, removeEmpty(wanted.root, dropped)]));
    const leftBehind = Object.fromEntries([...(await observePaths(host, dropped)).keys()].map((path) => [path, ""]));
    return { directories: wanted.directories, leftBehind, fileSystem: state.fileSystem };
  },

  async remove({ host, remembered }, { root, directories }) {
    await host.change(removeEmpty(root, Object.keys({ ...mapOf(remembered.leftBehind), ...directories })));
  },
});

/** Part of what the manifest remembers: `directories`, and what was `leftBehind` because it was not empty. */
function mapOf(remembered: unknown): Properties {
  return isRecord(remembered) ? remembered : {};
}

/**
 * Innermost first; what holds anything is data and stays, and so do all directories that are dropped together with it: a
 * mail folder is several directories, of which some are mostly empty.
 */
function removeEmpty(root: string, paths: readonly string[]) {
  const inside = paths.filter((path) => path !== root);
  const outermost = inside.filter((path) => !inside.some((other) => path.startsWith(`${other}/`)));
  const groups = outermost.map((top) => {
    const below = inside.filter((path) => path === top || path.startsWith(`${top}/`)).toSorted();
    return sh`[ -n "$(find ${top} ! -type d -print -quit 2>/dev/null)" ] || {
${lines(below.reverse().map((path) => sh`  rmdir -- ${path} 2>/dev/null || true`))}
}`;
  });
  return lines([...groups, ...(paths.includes(root) ? [sh`rmdir -- ${root} 2>/dev/null || true`] : [])]);
}

/** Places at, above and below the root where a file system is to be mounted, and is not; and whether the root holds nothing. */
async function lookAtMounts(host: Host, root: string): Promise<{ unmounted: string[]; isEmpty: boolean }> {
  const answer = await host.ask(sh`
{
  findmnt --fstab --noheadings --raw --output TARGET 2>/dev/null
  mount_points
} | sort -u | while IFS= read -r path; do
  case $path/ in ${root}/*) ;; *) case ${root}/ in "$path"/*) ;; *) continue ;; esac ;; esac
  mountpoint --quiet -- "$path" || echo "unmounted $path"
done
[ -n "$(find ${root} -mindepth 1 -print -quit 2>/dev/null)" ] || echo empty`);
  const facts = answer.split("\n");
  return {
    unmounted: facts.flatMap((line) => (line.startsWith("unmounted ") ? [line.slice("unmounted ".length)] : [])),
    isEmpty: facts.includes("empty"),
  };
}

function notMounted(path: string): string {
  return `${path} on the host is a mount point by its /etc/fstab or a mount unit of systemd, and nothing is mounted there: mail would come to lie on the disk below it. Mount it (mount ${path}), or, if it is not to be one any more, take it out there`;
}

function anotherFileSystem(root: string, known: string | undefined, found: string): string[] {
  if (known === undefined || known === "" || known === found) return [];
  return [
    `${root} is on another file system than before (${found}, it was ${known}): is its volume not mounted? Mount it, or, if the mail was moved on purpose, run \`pulumi state delete\` for this resource and deploy again`,
  ];
}
