import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { argon2Verify } from "hash-wasm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { createPasswordKey, decryptHash, encryptHash } from "../../config/passwordFile.ts";
import { createFreshClone, type FreshClone } from "../helpers/freshClone.ts";
import { recordProcesses } from "../helpers/processRecord.ts";
import { runOnTerminal } from "../helpers/terminal.ts";

/** Made anew, so that whatever is found of it comes from here. */
const password = `open-sesame-${randomUUID()}`;
const alice = "alice@domain.tld";
const bob = "bob@domain.tld";
const hash = `{SHA512-CRYPT}$6$saltsalt$${"0".repeat(86)}`;
const passwordFile = "mail/secret/passwords.yaml";
const done = `The password of ${alice} is set; it counts from the next: npm run pulumi -- up --stack test`;

let clone: FreshClone;

beforeAll(async () => {
  clone = await createFreshClone();
  await pulumi("stack", "init", "test");
});

afterAll(() => clone?.remove());

beforeEach(() => configure({}));

const stackFile = () => join(clone.folder, "Pulumi.test.yaml");

/** Replaces the configuration of the stack; its encryption stays. */
function configure(config: Record<string, string>): void {
  const file = parseDocument(readFileSync(stackFile(), "utf8"));
  file.set("config", { "mailhost:hostname": "mail.domain.tld", ...config });
  writeFileSync(stackFile(), file.toString());
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(clone.folder, path)), { recursive: true });
  writeFileSync(join(clone.folder, path), text);
}

/** Runs the CLI of the clone; it has to succeed. */
async function pulumi(...args: string[]): Promise<string> {
  const { code, output } = await clone.run("npm", "run", "--silent", "pulumi", "--", ...args);
  expect(code, output).toBe(0);
  return output;
}

/** Types `entries` at the prompts of the command. */
function typePasswords(entries: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const prompts = [`New password for ${alice}:`, "Once more:"];
  const answers = entries.map((answer, index) => ({ question: prompts[index] ?? "", answer }));
  return runOnTerminal(`npm run --silent password -- ${alice} --stack test`, answers, { cwd: clone.folder, env });
}

/** Hands `input` to the command as a script would. */
async function feedPassword(input: string, ...args: string[]) {
  const command = 'printf %s "$0" | npm run --silent password -- "$@"';
  return clone.run("sh", "-c", command, input, ...args);
}

/** Gives the stack a new key for password files. */
async function setKey(): Promise<string> {
  const key = createPasswordKey();
  const set = 'printf %s "$0" | npm run --silent pulumi -- config set --secret mailhost:passwordKey --stack test';
  const { code, output } = await clone.run("sh", "-c", set, key);
  expect(code, output).toBe(0);
  return key;
}

async function passwordsOfStack(): Promise<Record<string, string>> {
  return JSON.parse(await pulumi("config", "get", "mailhost:passwords", "--stack", "test"));
}

async function expectHashOf(hash: string | undefined): Promise<void> {
  expect(hash).toMatch(/^\{ARGON2ID\}\$argon2id\$/);
  expect(await argon2Verify({ password, hash: String(hash).slice("{ARGON2ID}".length) })).toBe(true);
}

test("asks twice, shows nothing of it, and keeps the hash in the secret of the stack", async () => {
  const mark = `mark-${randomUUID()}`;
  const endRecord = recordProcesses(mark, join(clone.folder, ".local", mark));
  const { code, output } = await typePasswords([password, password], { MAILHOST_TEST_MARK: mark });
  const processes = await endRecord();
  expect(code, output).toBe(0);
  expect(output).toContain(done);
  const { [alice]: hash = "" } = await passwordsOfStack();
  await expectHashOf(hash);
  for (const place of [output, processes, readFileSync(stackFile(), "utf8")]) {
    expect(place).not.toContain(password);
    expect(place).not.toContain(hash);
  }
});

describe("of several mailboxes", () => {
  const carol = "carol@domain.tld";

  test("are taken from lines of standard input, as passwords or hashes, and out again", async () => {
    const lines = `${alice}:${password}\r\n\n${bob}:${hash}\n${carol}:a:b\n`;
    const { code, output } = await feedPassword(lines, "--stack", "test");
    expect(code, output).toBe(0);
    expect(output).toContain(
      "The passwords of 3 mailboxes are set; they count from the next: npm run pulumi -- up --stack test",
    );
    const stored = await passwordsOfStack();
    await expectHashOf(stored[alice]);
    expect(stored[bob]).toBe(hash);
    expect(await argon2Verify({ password: "a:b", hash: String(stored[carol]).slice("{ARGON2ID}".length) })).toBe(true);
    expect(await feedPassword("", alice, "new@domain.tld", "--remove", "--stack", "test")).toMatchObject({
      code: 1,
      output: expect.stringContaining("has no password of new@domain.tld; nothing was changed"),
    });
    expect(await feedPassword("", alice, carol, "--remove", "--stack", "test")).toMatchObject({ code: 0 });
    expect(Object.keys(await passwordsOfStack())).toEqual([bob]);
  });

  test("are asked for one after the other at a terminal", async () => {
    const questions = [`New password for ${alice}:`, "Once more:", `New password for ${bob}:`, "Once more:"];
    const { code, output } = await runOnTerminal(
      `npm run --silent password -- ${alice} ${bob} --stack test`,
      questions.map((question) => ({ question, answer: password })),
      { cwd: clone.folder },
    );
    expect(code, output).toBe(0);
    expect(Object.keys(await passwordsOfStack())).toEqual([alice, bob]);
  });
});

test("takes a password out again", async () => {
  expect(await feedPassword(password, alice, "--stack", "test")).toMatchObject({ code: 0 });
  expect(await feedPassword("", alice, "--remove", "--stack", "test")).toMatchObject({ code: 0 });
  expect(await passwordsOfStack()).toEqual({});
  const { code, output } = await feedPassword("", alice, "--remove", "--stack", "test");
  expect(code).toBe(1);
  expect(output).toContain(`mailhost: mailhost:passwords has no password of ${alice}; nothing was changed`);
});

test("refuses two entries that differ", async () => {
  const before = readFileSync(stackFile(), "utf8");
  const { code, output } = await typePasswords([password, `${password}x`]);
  expect(code).toBe(1);
  expect(output).toContain("the two passwords differ; nothing was changed");
  expect(output).not.toContain(password);
  expect(readFileSync(stackFile(), "utf8")).toBe(before);
});

describe("with a password file", () => {
  test("makes file and key, and takes what a script feeds it", async () => {
    configure({ "mailhost:passwordFile": passwordFile });
    const { code, output } = await feedPassword(`${password}\r\nanother line\n`, alice, "--stack", "test");
    expect(code, output).toBe(0);
    expect(output).toContain(done);
    const key = (await pulumi("config", "get", "mailhost:passwordKey", "--stack", "test")).trim();
    const text = readFileSync(join(clone.folder, passwordFile), "utf8");
    const [, line = ""] = /^alice@domain\.tld: (v1:\S+)\n$/.exec(text) ?? [];
    const hash = decryptHash(alice, line, key);
    await expectHashOf(hash);
    for (const place of [output, text, readFileSync(stackFile(), "utf8")]) {
      expect(place).not.toContain(password);
      expect(place).not.toContain(hash);
      expect(place).not.toContain(key);
    }
  });

  test("takes lines of several mailboxes at once", async () => {
    configure({ "mailhost:passwordFile": passwordFile });
    const key = await setKey();
    write(passwordFile, "# all users\n");
    expect(await feedPassword(`${alice}:${password}\n${bob}:${hash}\n`, "--stack", "test")).toMatchObject({ code: 0 });
    const file = readFileSync(join(clone.folder, passwordFile), "utf8");
    const [, ofAlice = "", ofBob = ""] =
      /^# all users\n+alice@domain\.tld: (v1:\S+)\nbob@domain\.tld: (v1:\S+)\n$/.exec(file) ?? [];
    await expectHashOf(decryptHash(alice, ofAlice, key));
    expect(decryptHash(bob, ofBob, key)).toBe(hash);
  });

  test("keeps the other lines and the key, and takes the address out of the secret of the stack", async () => {
    await feedPassword(password, alice, "--stack", "test");
    await feedPassword(password, "bob@domain.tld", "--stack", "test");
    await pulumi("config", "set", "--plaintext", "mailhost:passwordFile", passwordFile, "--stack", "test");
    const key = await setKey();
    const carol = `carol@domain.tld: ${encryptHash("carol@domain.tld", "{BLF-CRYPT}x", key)}\n`;
    write(passwordFile, `# all users\n${carol}`);
    expect(await feedPassword(password, alice, "--stack", "test")).toMatchObject({ code: 0 });
    const withKey = readFileSync(stackFile(), "utf8");
    expect(await feedPassword(password, alice, "--stack", "test")).toMatchObject({ code: 0 });
    const [others, line] = readFileSync(join(clone.folder, passwordFile), "utf8").split(`${alice}: `);
    expect(others).toBe(`# all users\n${carol}`);
    await expectHashOf(decryptHash(alice, String(line).trim(), key));
    expect(Object.keys(await passwordsOfStack())).toEqual(["bob@domain.tld"]);
    expect(readFileSync(stackFile(), "utf8")).toBe(withKey);
  });

  test.each([
    [
      "is not set",
      async () => undefined,
      /mailhost:passwordKey is not set, and .* config set --secret mailhost:passwordKey; n/,
    ],
    ["is another one", () => setKey(), /mailhost:passwordKey decrypts none of the 2 lines .*; nothing was changed/],
  ])("adds no line with a key of its own where the key of the others %s", async (_what, prepare, advice) => {
    configure({ "mailhost:passwordFile": passwordFile });
    await prepare();
    const otherKey = createPasswordKey();
    const others = ["bob@domain.tld", "carol@domain.tld"];
    const text = others.map((other) => `${other}: ${encryptHash(other, "{BLF-CRYPT}x", otherKey)}\n`).join("");
    write(passwordFile, text);
    const before = readFileSync(stackFile(), "utf8");
    const { code, output } = await feedPassword(password, alice, "--stack", "test");
    expect(code).toBe(1);
    expect(output).toMatch(advice);
    expect(readFileSync(join(clone.folder, passwordFile), "utf8")).toBe(text);
    expect(readFileSync(stackFile(), "utf8")).toBe(before);
  });

  test("takes a password out of wherever it is", async () => {
    await feedPassword(password, alice, "--stack", "test");
    await pulumi("config", "set", "--plaintext", "mailhost:passwordFile", passwordFile, "--stack", "test");
    write(passwordFile, `bob@domain.tld: v1:AAAA\n${alice}: v1:AAAA\n`);
    expect(await feedPassword("", alice, "--remove", "--stack", "test")).toMatchObject({ code: 0 });
    expect(readFileSync(join(clone.folder, passwordFile), "utf8")).toBe("bob@domain.tld: v1:AAAA\n");
    expect(await passwordsOfStack()).toEqual({});
    const { code, output } = await feedPassword("", alice, "--remove", "--stack", "test");
    expect(code).toBe(1);
    expect(output).toContain(`passwords.yaml has no password of ${alice}; nothing was changed`);
  });
});

describe("says what to do, and changes nothing, with", () => {
  test.each([
    ["no address", "", [], /^mailhost: usage: npm run password -- ADDRESS/],
    ["an option that there is not", password, [alice, "--stak", "test"], /^mailhost: Unknown option '--stak'/],
    [
      "an address that no mailbox has",
      password,
      ["Alice+x@domain.tld", "--stack", "test"],
      /^mailhost: "Alice\+x@domain\.tld" is no/,
    ],
    [
      "lines with mistakes, all of them at once",
      `alice@domain.tld:{SSHA}${password}\n${password}\n${alice}:${password}\n${alice}:\n`,
      ["--stack", "test"],
      /^mailhost: standard input: line 1 has a hash for alice@domain\.tld that uses \{SSHA\}.*; line 2 must be ADDRESS:PASSWORD.*; line 3 sets alice@domain\.tld once more; line 4 has no password for/,
    ],
    [
      "several addresses and no terminal",
      password,
      [alice, "bob@domain.tld", "--stack", "test"],
      /^mailhost: several addresses are asked for at a terminal only; give lines instead/,
    ],
    ["an unknown scheme", password, [alice, "--scheme", "SSHA"], /^mailhost: usage: /],
    [
      "a stack that is not there",
      password,
      [alice, "--stack", "prod"],
      /^mailhost: there is no stack "prod" yet; make it by: npm run pulumi -- stack init prod/,
    ],
    ["an empty password", "\n", [alice, "--stack", "test"], /^mailhost: an empty password is none/],
    [
      "a password that would be cut off",
      password.repeat(2),
      [alice, "--stack", "test", "--scheme", "BLF-CRYPT"],
      /^mailhost: BLF-CRYPT takes passwords of up to 72 bytes/,
    ],
  ])("%s", async (_what, input, args, advice) => {
    const before = readFileSync(stackFile(), "utf8");
    const { code, output } = await feedPassword(input, ...args);
    expect(code).toBe(1);
    expect(output).toMatch(advice);
    expect(output).not.toContain(password);
    expect(readFileSync(stackFile(), "utf8")).toBe(before);
  });

  test.each([
    ["a password file that is not YAML", "oops: [hunter2\n", /passwords\.yaml is not YAML \(\w+ in line \d\)/],
    ["a password file that is a list", "- hunter2\n", /passwords\.yaml must hold a mapping of address/],
  ])("%s", async (_what, text, advice) => {
    configure({ "mailhost:passwordFile": passwordFile });
    write(passwordFile, text);
    const before = readFileSync(stackFile(), "utf8");
    const { code, output } = await feedPassword(password, alice, "--stack", "test");
    expect(code).toBe(1);
    expect(output).toMatch(advice);
    expect(output).not.toContain("hunter2");
    expect(readFileSync(join(clone.folder, passwordFile), "utf8")).toBe(text);
    expect(readFileSync(stackFile(), "utf8")).toBe(before);
  });

  test("passwords that are no JSON, without showing them", async () => {
    await clone.run(
      "sh",
      "-c",
      "printf hunter2 | npm run --silent pulumi -- config set --secret mailhost:passwords --stack test",
    );
    const { code, output } = await feedPassword(password, alice, "--stack", "test");
    expect(code).toBe(1);
    expect(output).toContain("mailhost:passwords is no JSON object");
    expect(output).not.toContain("hunter2");
  });
});
