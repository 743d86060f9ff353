import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { environmentStringSize, tooLargeConfigurations } from "../../../tools/engine/configurationSize.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

describe("the size of the environment string", () => {
  it("is that of the configuration as the engine writes it", () => {
    const config = { "mailhost:hostname": "mail.domain.tld", "mailhost:mail": { quota: "1G" } };
    const written = '{"mailhost:hostname":"mail.domain.tld","mailhost:mail":"{\\"quota\\":\\"1G\\"}"}';
    expect(environmentStringSize({ config })).toBe(`PULUMI_CONFIG=${written}`.length + 1);
  });

  it("counts a secret decrypted", () => {
    const cipherText = Buffer.alloc(16 + 40).toString("base64");
    const secure = { config: { "mailhost:key": { secure: `v1:bm9uY2U=:${cipherText}` } } };
    const plain = { config: { "mailhost:key": "x".repeat(40) } };
    expect(environmentStringSize(secure)).toBe(environmentStringSize(plain));
  });

  it("is small for a file without configuration", () => {
    expect(environmentStringSize(null)).toBe("PULUMI_CONFIG={}".length + 1);
  });
});

describe("stack files that are too large", () => {
  const folder = useTemporaryFolder();

  function writeStack(name: string, mailboxes: number): void {
    const names = Array.from({ length: mailboxes }, (_, i) => [
      `user${i}`,
      { quota: "5G", forward: ["x@elsewhere.example"] },
    ]);
    const domains = { "domain.tld": { mailboxes: Object.fromEntries(names) } };
    writeFileSync(join(folder(), name), stringify({ config: { "mailhost:domains": domains } }));
  }

  it("are named with what to do", async () => {
    writeStack("Pulumi.large.yaml", 3000);
    writeStack("Pulumi.usual.yaml", 800);
    expect(statSync(join(folder(), "Pulumi.usual.yaml")).size).toBeGreaterThan(40_000);
    writeFileSync(join(folder(), "Pulumi.yaml"), "x".repeat(200_000));
    const messages = await tooLargeConfigurations(folder());
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/^Pulumi\.large\.yaml holds \d+ KiB .*mailhost:domains.*mailhost:passwordFile/);
  });

  it("are none in a folder without stacks", async () => {
    expect(await tooLargeConfigurations(folder())).toEqual([]);
  });
});
