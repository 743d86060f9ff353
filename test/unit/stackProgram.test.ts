import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { AddressBook } from "../../components/addresses/addressBook.ts";
import type { ValidMailHostArgs } from "../../components/index.ts";
import { makeCertificate } from "./components/certificates.ts";
import { sampleArgs, sampleHash } from "./components/sample.ts";

/** What was worked out of the settings. */
const made = vi.hoisted(() => ({ validations: 0, books: [] as unknown[] }));

vi.mock(import("../../components/validation/validateMailHost.ts"), async (importOriginal) => {
  const original = await importOriginal();
  const validateMailHost: typeof original.validateMailHost = (...args) => {
    made.validations++;
    return original.validateMailHost(...args);
  };
  return { ...original, validateMailHost };
});
vi.mock(import("../../components/addresses/addressBook.ts"), async (importOriginal) => {
  const original = await importOriginal();
  class CountedBook extends original.AddressBook {
    constructor(...args: ConstructorParameters<typeof AddressBook>) {
      super(...args);
      made.books.push(this);
    }
  }
  return { ...original, AddressBook: CountedBook };
});

const { certificate, privateKey } = await makeCertificate("mail.domain.tld", { names: ["mail.domain.tld"], to: 90.5 });
const certificateState = { certPem: certificate, certificateChain: certificate, privateKey };

await pulumi.runtime.setMocks(
  {
    newResource: ({ name, inputs }) => ({ id: name, state: { ...inputs, ...certificateState, versions: {} } }),
    call: () => ({}),
  },
  "mailhost",
  "test",
);

const { MailHost } = await import("../../components/index.ts");
const { loadMailHostArgs } = await import("../../config/load.ts");

const passwords = Object.fromEntries(
  ["alice@domain.tld", "bob@domain.tld", "dave@domain1.tld"].map((address) => [address, sampleHash]),
);
const target = { address: "192.0.2.1", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };

function configure(): void {
  const values = Object.entries({ ...sampleArgs, target, passwords });
  const texts = values.map(([key, value]) => [
    `mailhost:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts), ["mailhost:passwords"]);
}

beforeEach(() => {
  made.validations = 0;
  made.books = [];
});

describe("settings are validated once, and their addresses are gone through once,", () => {
  test("in a run of the stack program", async () => {
    configure();
    vi.spyOn(process, "cwd").mockReturnValue(fileURLToPath(new URL("../..", import.meta.url)));
    const { domains } = await import("../../index.ts");
    expect(await new Promise((resolve) => domains.apply(resolve))).toMatchObject({ "domain.tld": { mailboxes: 3 } });
    expect(made).toEqual({ validations: 1, books: [expect.anything()] });
  });

  test.each([passwords, pulumi.secret(passwords)])("in a program of one's own", async (passwords) => {
    const host = new MailHost("own", { ...sampleArgs, target, passwords });
    await new Promise((resolve) => host.urn.apply(resolve));
    expect(made).toEqual({ validations: 1, books: [expect.anything()] });
  });
});

describe("settings that only look valid", () => {
  test("are no type of valid settings, and refused", () => {
    configure();
    const args = loadMailHostArgs();
    const { settings, book } = args.valid;
    // @ts-expect-error: validation alone makes them.
    const forged: ValidMailHostArgs = { ...args, valid: { settings: { ...settings, hostname: "domain.tld" }, book } };
    expect(() => new MailHost("forged", forged)).toThrow(/^ {2}valid: is no known key/m);
  });
});
