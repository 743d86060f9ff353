import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../../../tools/launch/paths.mjs";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();
const functions = readFileSync(join(checkoutFolder, "provider/machine/writing.sh"), "utf8");

test("a file is written from standard input", () => {
  const path = join(folder(), "file");
  execFileSync("sh", ["-c", `${functions}\nprintf 'one\\n' | write_to '${path}'`]);
  expect(readFileSync(path, "utf8")).toBe("one\n");
});

test("a file that cannot be written is named, whatever the reason", () => {
  for (const [path, reason] of [
    ["/dev/full", "No space left on device"],
    [join(folder(), "no folder/file"), ""],
  ]) {
    const { status, stderr } = spawnSync("sh", ["-c", `${functions}\necho x | write_to '${path}'`], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(`cannot write ${path}\n`) });
    expect(stderr).toContain(reason);
  }
});

test.each([
  ["no room", "/ 0 50 100", "the file system at / of the host is full: 0 bytes are left. Make room (df -h /)\n"],
  [
    "little room",
    "/ 1000 50 100",
    "the file system at / of the host is full: 1000 bytes are left. Make room (df -h /)\n",
  ],
  [
    "no inodes",
    "/ 5000000 0 100",
    "the file system at / of the host has 0 inodes left for further files. Remove files (df -i /)\n",
  ],
  [
    "few inodes",
    "/ 5000000 50 100",
    "the file system at / of the host has 50 inodes left for further files. Remove files (df -i /)\n",
  ],
  ["room", "/ 5000000 500 1000", ""],
  ["inodes without number, as btrfs has them", "/ 5000000 0 0", ""],
])("a disk with %s, for two paths on it", (_what, line, says) => {
  const script = `${functions}\ndf() { printf '%s\\n' 'Mounted on' '${line}' '${line}'; }\nexplain_full_disks /etc /tmp`;
  expect(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stderr).toBe(says);
});
