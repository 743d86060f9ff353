import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LocalTransport } from "../../../../provider/connection/local.ts";
import { waitUntil } from "../../../../tools/testhost/waiting.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a command on this machine", () => {
  test("reads its standard input and answers all that it has to say", async () => {
    const outcome = await new LocalTransport().execute("cat; pwd; echo wrong >&2; exit 3", "ä\n".repeat(100_000));
    expect(outcome).toEqual({ code: 3, stdout: `${"ä\n".repeat(100_000)}/\n`, stderr: "wrong\n" });
  });

  test("may leave its standard input unread", async () => {
    const outcome = await new LocalTransport().execute("exec <&-; echo done", "x".repeat(1_000_000));
    expect(outcome).toMatchObject({ code: 0, stdout: "done\n" });
  });

  test("inherits nothing of the environment of the deployment", async () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "correct horse");
    vi.stubEnv("MAILHOST_TARGET", "{}");
    const { stdout } = await new LocalTransport().execute("exec env", "");
    const names = stdout.split("\n").map((line) => line.split("=")[0]);
    expect(names.filter((name) => !["", "PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? "")).sort()).toEqual([
      "LANG",
      "PATH",
    ]);
  });

  test("is no longer waited for after the end, and goes on", async () => {
    const transport = new LocalTransport();
    const running = transport.execute(`cd ${folder()}; until [ -e go ]; do sleep 0.05; done; touch gone`, "");
    transport.close();
    await expect(running).rejects.toThrow("the connection was closed");
    writeFileSync(join(folder(), "go"), "");
    const gone = (): true | undefined => (existsSync(join(folder(), "gone")) ? true : undefined);
    await waitUntil(gone, { what: "the end of the command", timeoutMs: 10_000 });
  });
});
