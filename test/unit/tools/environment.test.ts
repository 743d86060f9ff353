import { statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Engine } from "../../../tools/engine/engine.ts";
import { engineEnvironment } from "../../../tools/engine/environment.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const built: Engine = { root: "/engine", cli: "/engine/bin/pulumi", origin: "built" };
const installed: Engine = { ...built, origin: "installed" };

const folder = useTemporaryFolder();

beforeEach(() => {
  vi.stubEnv("PULUMI_BACKEND_URL", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", undefined);
  vi.stubEnv("PULUMI_HOME", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the engine's environment", () => {
  it("finds this Node first, then the engine, then what was there", () => {
    vi.stubEnv("PATH", "/somewhere/bin");
    const { PATH = "" } = engineEnvironment(built, { home: folder(), backendFolder: folder(), passphrase: "x" });
    expect(PATH.split(delimiter)).toEqual([dirname(process.execPath), "/engine/bin", "/somewhere/bin"]);
  });

  it("makes a local backend in the given folder", () => {
    const backendFolder = join(folder(), "state");
    const environment = engineEnvironment(built, { home: folder(), backendFolder, passphrase: "x" });
    expect(environment.PULUMI_BACKEND_URL).toBe(`file://${backendFolder}`);
    expect(statSync(backendFolder).mode & 0o777).toBe(0o700);
  });

  it("leaves the user's own settings as they are", () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://states");
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
    vi.stubEnv("PULUMI_HOME", "/home/of/pulumi");
    const environment = engineEnvironment(installed);
    expect(environment).toMatchObject({
      PULUMI_BACKEND_URL: "s3://states",
      PULUMI_CONFIG_PASSPHRASE: "",
      PULUMI_HOME: "/home/of/pulumi",
    });
    expect(environment).not.toHaveProperty("PULUMI_CONFIG_PASSPHRASE_FILE");
  });

  it("takes a passphrase file of the user's instead of its own", () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", "/run/secrets/passphrase");
    const environment = engineEnvironment(installed, { home: folder(), backendFolder: folder() });
    expect(environment.PULUMI_CONFIG_PASSPHRASE_FILE).toBe("/run/secrets/passphrase");
  });

  it("prefers what the caller asks for to the user's settings", () => {
    vi.stubEnv("PULUMI_BACKEND_URL", "s3://states");
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "theirs");
    vi.stubEnv("PULUMI_HOME", "/home/of/pulumi");
    expect(engineEnvironment(built, { home: folder(), backendFolder: folder(), passphrase: "ours" })).toMatchObject({
      PULUMI_BACKEND_URL: `file://${folder()}`,
      PULUMI_CONFIG_PASSPHRASE: "ours",
      PULUMI_HOME: folder(),
    });
  });

  it("keeps an engine that was built here from trying to download plugins", () => {
    const folders = { home: folder(), backendFolder: folder(), passphrase: "x" };
    expect(engineEnvironment(built, folders)).toMatchObject({ PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" });
    expect(engineEnvironment(installed, folders)).not.toHaveProperty("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
  });
});
