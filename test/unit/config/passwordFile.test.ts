import { describe, expect, test } from "vitest";
import {
  createPasswordKey,
  encryptHash,
  findKeyMistake,
  passwordLineAddresses,
  readPasswordFile,
  setPasswordLines,
  validatePasswordKey,
} from "../../../config/passwordFile.ts";
import { sampleHash } from "../components/sample.ts";

const key = createPasswordKey();
const alice = "alice@domain.tld";
const line = (address: string, value: string) => `${address}: ${value}\n`;

/** The mistakes of a file, one `path: reason` each. */
function mistakes(text: string, passwordKey: string | undefined = key): string[] {
  const { hashes, problems } = readPasswordFile(text, passwordKey);
  expect(hashes).toEqual({});
  return problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
}

describe("a line", () => {
  test("that was written with the key is read with it", () => {
    const text = line(alice, encryptHash(alice, sampleHash, key));
    expect(text).not.toContain("$6$");
    expect(readPasswordFile(text, key)).toEqual({
      addresses: [alice],
      hashes: { [alice]: sampleHash },
      problems: [],
      unencrypted: [],
    });
  });

  test("is another one each time", () => {
    expect(encryptHash(alice, sampleHash, key)).not.toBe(encryptHash(alice, sampleHash, key));
  });

  const cannotBeDecrypted = `passwordFile["${alice}"]: cannot be decrypted: mailhost:passwordKey is another key, or the line was changed; set the password anew by "npm run password -- ${alice}"`;

  test("cannot be read with another key", () => {
    expect(mistakes(line(alice, encryptHash(alice, sampleHash, key)), createPasswordKey())).toEqual([
      cannotBeDecrypted,
    ]);
  });

  test.each([20, 40, 100])("cannot be read when its letter %i was changed", (index) => {
    const value = encryptHash(alice, sampleHash, key);
    const other = value[index] === "A" ? "B" : "A";
    expect(mistakes(line(alice, value.slice(0, index) + other + value.slice(index + 1)))).toEqual([cannotBeDecrypted]);
  });

  test.each([
    ["something between its letters", (value: string) => `${value.slice(0, 20)}~${value.slice(20)}`],
    ["more padding", (value: string) => `${value.replace(/=*$/, "")}====`],
    ["letters of another base64", (value: string) => value.replace(/[+/]/g, (letter) => (letter === "+" ? "-" : "_"))],
  ])("cannot be read with %s", (_title, change) => {
    // Long enough to have one of + and /, but by a chance of one in 10^20.
    const value = encryptHash(alice, sampleHash + "x".repeat(1000), key);
    expect(change(value)).not.toBe(value);
    expect(mistakes(line(alice, change(value)))).toEqual([cannotBeDecrypted]);
  });

  test("cannot be read when it was cut off", () => {
    expect(mistakes(line(alice, "v1:QUJD"))).toEqual([cannotBeDecrypted]);
  });

  test("cannot be given to somebody else", () => {
    expect(mistakes(line(alice, encryptHash("bob@domain.tld", sampleHash, key)))).toEqual([cannotBeDecrypted]);
  });

  test("with a hash in clear is read, and told of", () => {
    const text = `${alice}: "${sampleHash}"\n`;
    expect(readPasswordFile(text, undefined)).toEqual({
      addresses: [alice],
      hashes: { [alice]: sampleHash },
      problems: [],
      unencrypted: [alice],
    });
  });

  test.each([
    ["hunter2", `passwordFile["${alice}"]: must begin with v1: (encrypted) or {SCHEME} (a hash in clear)`],
    ["[hunter2]", `passwordFile["${alice}"]: must be one text, v1:... as \`npm run password\` writes it`],
  ])("with %s is refused without being told", (value, mistake) => {
    expect(mistakes(line(alice, value))).toEqual([mistake]);
  });

  test("is that of the address as it is written", () => {
    expect(readPasswordFile(`0800: "${sampleHash}"\n1e3: "${sampleHash}"\n`, undefined).addresses).toEqual([
      "0800",
      "1e3",
    ]);
    expect(setPasswordLines("0800: v1:BBBB\n", { "0800": "v1:AAAA" })).toBe('"0800": v1:AAAA\n');
  });

  test("is set without a change to the others and to comments", () => {
    const text = "# of all users\nbob@domain.tld: v1:BBBB # new in May\n";
    expect(setPasswordLines(text, { [alice]: "v1:AAAA" })).toBe(`${text}alice@domain.tld: v1:AAAA\n`);
    expect(setPasswordLines(text, { "bob@domain.tld": "v1:CCCC" })).toContain(
      "# of all users\nbob@domain.tld: v1:CCCC",
    );
    expect(setPasswordLines("", { [alice]: "v1:AAAA" })).toBe("alice@domain.tld: v1:AAAA\n");
  });
});

test("the line ends of the file are kept", () => {
  const text = "# of the office\r\nbob@domain.tld: v1:b\r\n";
  const withAlice = `${text}${alice}: v1:a\r\n`;
  expect(setPasswordLines(text, { [alice]: "v1:a" })).toBe(withAlice);
  expect(setPasswordLines(withAlice, { [alice]: undefined })).toBe(text);
});

test("a line is taken out, and the others stay as they are", () => {
  const text = `# of the office\nbob@domain.tld: v1:b\n${alice}: v1:a\n`;
  expect(setPasswordLines(text, { [alice]: undefined })).toBe("# of the office\nbob@domain.tld: v1:b\n");
  expect(passwordLineAddresses(text)).toEqual(["bob@domain.tld", alice]);
  expect(passwordLineAddresses("")).toEqual([]);
});

describe("the key", () => {
  const users = [alice, "bob@domain.tld", "carol@domain.tld"];
  const text = users.map((user) => line(user, encryptHash(user, sampleHash, key))).join("");

  test("is asked for once, however many lines need it", () => {
    expect(readPasswordFile(text, undefined)).toMatchObject({
      addresses: users,
      problems: [
        {
          propertyPath: "passwordKey",
          reason:
            "is not set, and mailhost:passwordFile is encrypted with it; set it by: npm run pulumi -- config set --secret mailhost:passwordKey",
        },
      ],
    });
  });

  test("must be that of the other lines before one is added", () => {
    const dave = "dave@domain1.tld";
    expect(findKeyMistake(text, [dave], key)).toBeUndefined();
    expect(findKeyMistake("", [dave], undefined)).toBeUndefined();
    expect(findKeyMistake(`${alice}: "${sampleHash}"\n`, [dave], undefined)).toBeUndefined();
    const one = line(alice, encryptHash(alice, sampleHash, key));
    expect(findKeyMistake(one + line("bob@domain.tld", "v1:AAAA"), [dave], key)).toBeUndefined();
    expect(findKeyMistake(one, [dave], undefined)).toMatch(/^is not set, and .*; set it by: /);
    expect(findKeyMistake(one, [alice], undefined)).toMatch(/^is not set, and /);
    expect(findKeyMistake(one, [dave], "hunter2")).toMatch(/^must be 32 random bytes in base64/);
    expect(findKeyMistake(text, [dave], createPasswordKey())).toMatch(
      /^decrypts none of the 3 lines .*; set that one by: /,
    );
    // The line itself is written anew.
    expect(findKeyMistake(one, [alice], createPasswordKey())).toBeUndefined();
  });

  test("is to blame once where it fits no line", () => {
    expect(mistakes(text, createPasswordKey())).toEqual([
      "passwordKey: decrypts none of the 3 lines of mailhost:passwordFile: it is another key than the one they were written with; set that one by: npm run pulumi -- config set --secret mailhost:passwordKey",
    ]);
  });
});

test.each([
  ["a: [hunter2\n", /^is not YAML \([A-Z_]+ in line \d+\)$/],
  ["- hunter2\n", /^must hold a mapping of address to password hash$/],
])("no line is changed in a file that is none, nor is the file quoted: %j", (text, mistake) => {
  expect(() => setPasswordLines(text, { [alice]: "v1:AAAA" })).toThrow(mistake);
  expect(() => setPasswordLines(text, { [alice]: undefined })).toThrow(mistake);
});

test.each(["a: [hunter2\n", '"hunter2\n', "a: b: hunter2\n", "? [hunter2]\n: v1:AAAA\n"])(
  "a file that is not YAML is not quoted: %j",
  (text) => {
    const [mistake = ""] = mistakes(text);
    expect(mistake).toMatch(/^passwordFile: is not YAML \([A-Z_]+ in line \d+\)$/);
  },
);

test.each(["- hunter2\n", "hunter2\n", ""])("a file that is no mapping is refused: %j", (text) => {
  expect(mistakes(text)).toEqual(["passwordFile: must hold a mapping of address to password hash"]);
});

test.each(["hunter2", "", `${key.slice(0, -4)}AA==`, ` ${key}`])(
  "a key that is none is refused without being told: %j",
  (wrong) => {
    expect(validatePasswordKey(wrong)).toEqual([
      { propertyPath: "passwordKey", reason: "must be 32 random bytes in base64, as `npm run password` makes them" },
    ]);
  },
);
