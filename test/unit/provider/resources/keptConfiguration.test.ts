import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findKeptSet, otherVersions, readKeptSet } from "../../../../provider/resources/keptConfiguration.ts";
import type { SetDescription } from "../../../../provider/transaction/keptSets.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();
const host = () => new LocalHost(folder()).context().host;
const digest = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");

const mainCf = "/etc/postfix/main.cf";
const key = "/etc/ssl/private/mailhost.pem";
const gone = "/etc/aliases";
const foreign = "/etc/letsencrypt/live/mail/fullchain.pem";

const described: SetDescription = {
  changed: [mainCf],
  digests: { [mainCf]: digest("biff = no\n"), [key]: digest("secret"), [gone]: "-" },
  versions: {},
  inputs: {
    files: { [mainCf]: "", [gone]: "" },
    secretFiles: { [key]: "" },
    attributes: { [mainCf]: "root:root 0644", [key]: "root:root 0600", [gone]: "root:root 0644" },
    fingerprints: { [key]: "CN=mail", [foreign]: "CN=old" },
    steps: { postfix: { listen: ["*:25"] } },
  },
};
const inForce = {
  files: {},
  secretFiles: {},
  attributes: {},
  fingerprints: { [foreign]: "CN=renewed", "/etc/other.pem": "CN=other" },
  steps: {},
};

/** Keeps a configuration as the host does. */
function keep(number: number, changes: Partial<SetDescription> = {}, text: string | Buffer = "biff = no\n"): void {
  const write = (path: string, content: string | Buffer) => {
    const place = join(folder(), "state", "previous", String(number), path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
  };
  write(mainCf, text);
  write(key, "secret");
  write("set.json", JSON.stringify({ ...described, ...changes }));
  write("until", `2026-05-0${number} 12:00:00 UTC\n`);
}

beforeEach(() => {
  for (const number of [1, 2]) keep(number);
});

describe("which configuration", () => {
  test("the youngest, or the one with the number", async () => {
    expect(await findKeptSet(host(), undefined)).toMatchObject({ number: 2, until: "2026-05-02 12:00:00 UTC" });
    expect(await findKeptSet(host(), 1)).toEqual({ number: 1, until: "2026-05-01 12:00:00 UTC", ...described });
  });

  test("one that is not there: which are", async () => {
    await expect(findKeptSet(host(), 7)).rejects.toThrow(
      "there is no earlier configuration 7 on the host; kept are 1, 2",
    );
  });
});

describe("what is in it", () => {
  const read = async () => readKeptSet(host(), await findKeptSet(host(), 1), inForce);

  test("texts and attributes of the files that were there; certificates of others as they are now", async () => {
    expect(await read()).toEqual({
      files: { [mainCf]: "biff = no\n" },
      secretFiles: { [key]: "secret" },
      attributes: { [mainCf]: "root:root 0644", [key]: "root:root 0600" },
      fingerprints: { [key]: "CN=mail", [foreign]: "CN=renewed" },
      steps: { postfix: { listen: ["*:25"] } },
    });
  });

  test("a file that was touched since is refused", async () => {
    keep(1, {}, "biff = yes\n");
    await expect(read()).rejects.toThrow(`/var/lib/mailhost/previous/1${mainCf} on the host is not as it was kept`);
  });

  test("a file that is no text is refused, with what to do", async () => {
    const bytes = Buffer.from([0x23, 0xe9, 0x0a]);
    keep(1, { digests: { ...described.digests, [mainCf]: digest(bytes) } }, bytes);
    await expect(read()).rejects.toThrow(
      `previous/1${mainCf} on the host is not UTF-8: copy it to ${mainCf} there by hand`,
    );
  });

  test("a package that has gone is named, and one that is another now is told", async () => {
    keep(1, { versions: { "no-such-package": "1.0", dpkg: "0.1" } });
    await expect(read()).rejects.toThrow(
      "configuration 1 needs the package no-such-package, which is not on the host any more",
    );
    keep(1, { versions: { dpkg: "0.1" } });
    expect(await otherVersions(host(), await findKeptSet(host(), 1))).toEqual([
      expect.stringMatching(/^dpkg was 0\.1 then, and is \d.* now$/),
    ]);
  });
});

test("where none is kept, that is said", async () => {
  const empty = new LocalHost(join(folder(), "empty")).context().host;
  await expect(findKeptSet(empty, undefined)).rejects.toThrow("no earlier configuration is kept on the host");
});
