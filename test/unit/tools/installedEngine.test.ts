import { chmodSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findInstalledEngine } from "../../../tools/engine/installedEngine.ts";
import { pinnedVersion } from "../../../tools/engine/version.ts";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

beforeEach(() => {
  vi.stubEnv("MAILHOST_CACHE", join(folder(), "cache"));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A program named `pulumi` that knows nothing but its version. */
function install(path: string, version: string): string {
  const cli = join(folder(), path);
  mkdirSync(dirname(cli), { recursive: true });
  writeFileSync(cli, `#!/bin/sh\necho v${version}\n`);
  chmodSync(cli, 0o755);
  return dirname(cli);
}

it("takes a Pulumi CLI on PATH that is new enough", () => {
  const bin = install("usr/bin/pulumi", pinnedVersion());
  expect(findInstalledEngine(["/nonexistent", bin].join(delimiter))).toBe(join(folder(), "usr"));
});

it("passes over an older one and says so", () => {
  const old = install("old/bin/pulumi", "3.100.0");
  const recent = install("new/bin/pulumi", "3.999.0");
  expect(findInstalledEngine([old, recent].join(delimiter))).toBe(join(folder(), "new"));
  expect(process.stderr.write).toHaveBeenCalledWith(expect.stringContaining("is v3.100.0"));
});

it("passes over one that does not run", () => {
  const bin = install("broken/bin/pulumi", pinnedVersion());
  writeFileSync(join(bin, "pulumi"), "#!/bin/sh\nexit 1\n");
  expect(findInstalledEngine(bin)).toBeUndefined();
});

it("makes a root folder for one that lies in no bin folder", () => {
  const opt = install("opt/pulumi/pulumi", pinnedVersion());
  const root = findInstalledEngine(opt) ?? "";
  expect(realpathSync(join(root, "bin", "pulumi"))).toBe(join(opt, "pulumi"));
});

it("never takes a wrapper that npm has installed", () => {
  expect(findInstalledEngine(join(checkoutFolder, "node_modules", ".bin"))).toBeUndefined();
});
