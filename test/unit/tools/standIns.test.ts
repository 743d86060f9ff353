import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../../tools/engine/engine.ts";
import { pinnedPluginVersion } from "../../../tools/offline/pluginVersion.ts";
import { announceStandIns, officialPluginAvailable, provideStandIns } from "../../../tools/offline/standIns.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const home = useTemporaryFolder();
const built: Engine = { root: "/engine", cli: "/engine/bin/pulumi", origin: "built" };
const released = (["installed", "downloaded"] as const).map((origin): Engine => ({ ...built, origin }));

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function pluginPath(version = pinnedPluginVersion("tls")): string {
  return join(home(), "plugins", `resource-tls-v${version}`, "pulumi-resource-tls");
}

function installOfficial(version?: string): void {
  mkdirSync(dirname(pluginPath(version)), { recursive: true });
  writeFileSync(pluginPath(version), "official");
}

describe("with an engine that can download nothing", () => {
  it("a stand-in is there for the version that the SDK asks for", () => {
    provideStandIns(built, home());
    expect(statSync(pluginPath()).mode & 0o777).toBe(0o755);
    expect(readFileSync(pluginPath(), "utf8")).toContain(`exec '${process.execPath}' '`);
    expect(officialPluginAvailable(built, home(), "tls")).toBe(false);
  });

  it("there is one for each provider of which the program has resources", () => {
    provideStandIns(built, home());
    expect(readdirSync(join(home(), "plugins")).sort()).toEqual([
      `resource-command-v${pinnedPluginVersion("command")}`,
      `resource-docker-v${pinnedPluginVersion("docker")}`,
      `resource-tls-v${pinnedPluginVersion("tls")}`,
    ]);
  });

  it("its stand-ins are named once, and silence says that there are none", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    announceStandIns(provideStandIns(built, home()));
    expect(write.mock.calls).toEqual([[expect.stringContaining("cannot be downloaded here: command, docker, tls\n")]]);
    announceStandIns([]);
    expect(write).toHaveBeenCalledTimes(1);
  });

  it("an official plugin is never replaced", () => {
    installOfficial();
    provideStandIns(built, home());
    expect(readFileSync(pluginPath(), "utf8")).toBe("official");
  });

  it("a newer official plugin makes the stand-in go", () => {
    provideStandIns(built, home());
    installOfficial("5.99.0");
    provideStandIns(built, home());
    expect(existsSync(pluginPath())).toBe(false);
  });

  it("an older official plugin does not count", () => {
    installOfficial("5.0.0");
    provideStandIns(built, home());
    expect(existsSync(pluginPath())).toBe(true);
  });

  it("the user's own ~/.pulumi is left alone", () => {
    vi.stubEnv("HOME", home());
    provideStandIns(built, join(home(), ".pulumi"));
    expect(existsSync(join(home(), ".pulumi"))).toBe(false);
  });
});

describe.each(released)("with an engine that is $origin", (engine) => {
  it("there is no stand-in in the way of the official plugin", () => {
    provideStandIns(built, home());
    provideStandIns(engine, home());
    expect(existsSync(dirname(pluginPath()))).toBe(false);
  });

  it("an official plugin stays", () => {
    installOfficial();
    provideStandIns(engine, home());
    expect(readFileSync(pluginPath(), "utf8")).toBe("official");
  });
});
