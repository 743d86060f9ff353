import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { loadMailHostArgs } from "../../config/load.ts";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { codeBlocks } from "../helpers/codeBlocks.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";
import { sampleHash } from "./components/sample.ts";

interface Domain {
  mailboxes?: Record<string, unknown>;
}
type Domains = Record<string, Domain>;
type Configuration = Record<string, unknown>;

const examples = globSync("docs/*.md", { cwd: checkoutFolder }).flatMap((page) =>
  codeBlocks(page, "yaml")
    .map((text, index) => ({ example: `${page}, example ${index + 1}`, text }))
    // A password file, whose lines are cut off in the page, and a project of one's own.
    .filter(({ text }) => !/^(\S+@|name: )/.test(text)),
);

/** The mail host of the pages, into which each example is put. */
const mailHost = {
  hostname: "mail.example.org",
  target: { address: "203.0.113.10", hostKey: "ssh-ed25519 AAAA..." },
  mail: { postmaster: "alice@example.org" },
};
const users: Domain = { mailboxes: { alice: {}, bob: {}, carol: {}, dave: {} } };

const folder = useTemporaryFolder();

afterEach(() => vi.unstubAllEnvs());

test.each(examples)("a stack takes $example", ({ text }) => {
  const { domains, ...rest } = configurationOf(text);
  mkdirSync(join(folder(), "company"));
  writeFileSync(join(folder(), "company", "example.org.yaml"), JSON.stringify(domains));
  writeFileSync(join(folder(), "company", "alice.sieve"), "keep;\n");
  // What an example cannot show, because it is a secret.
  const secrets = text.includes("challenge: { dns:") ? { acmeEnvironment: { API_KEY: "of the provider" } } : {};
  configure({ ...rest, ...secrets, domains: ["company/example.org.yaml"], passwords: passwordsOf(domains) });
  expect(() => loadMailHostArgs(folder())).not.toThrow();
});

/** The configuration with what an example shows: keys of it, or domains. */
function configurationOf(text: string): Configuration & { domains: Domains } {
  const { config, ...shown }: Domains & { config?: Configuration } = parse(text);
  const keys = Object.entries(config ?? {}).map(([key, value]) => [key.replace("mailhost:", ""), value]);
  const { domains = shown, passwordFile: _, ...rest }: Configuration = Object.fromEntries(keys);
  const own: Domains = typeof domains === "object" && !Array.isArray(domains) ? { ...domains } : {};
  const { mailboxes } = own["example.org"] ?? {};
  const whole = { ...users, ...own["example.org"], mailboxes: { ...users.mailboxes, ...mailboxes } };
  return { ...mailHost, ...rest, domains: { ...own, "example.org": whole } };
}

function passwordsOf(domains: Domains): Record<string, string> {
  const addresses = Object.entries(domains).flatMap(([domain, { mailboxes = {} }]) =>
    Object.keys(mailboxes).map((user) => `${user}@${domain}`),
  );
  return Object.fromEntries(addresses.map((address) => [address, sampleHash]));
}

/** Hands a configuration to the program as the engine does, with a host key where the pages leave it out. */
function configure(configuration: Configuration): void {
  const texts = Object.entries(configuration).map(([key, value]) => [
    `mailhost:${key}`,
    typeof value === "string" ? value : JSON.stringify(value).replaceAll("AAAA...", "A".repeat(68)),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts));
  vi.stubEnv("PULUMI_CONFIG_SECRET_KEYS", JSON.stringify(["mailhost:passwords", "mailhost:acmeEnvironment"]));
}
