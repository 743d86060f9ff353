import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { codeBlocks, promptedCommands } from "../helpers/codeBlocks.ts";
import { createFreshClone, type FreshClone } from "../helpers/freshClone.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { passwordOf } from "../helpers/testUsers.ts";

const page = "docs/own-program.md";
const users = { orgPasswords: ["alice@example.org", "bob@example.org"], netPasswords: ["carol@example.net"] };
const connection = (address: string) => `{ address: "${address}", hostKey: "ssh-ed25519 AAAA...", privateKeyFile }`;

let clone: FreshClone;
let lab: Lab;
let org: TestHost;
let net: TestHost;

beforeAll(async () => {
  clone = await createFreshClone();
  lab = await createLab();
  [org, net] = await Promise.all([lab.startHost({ name: "org" }), lab.startHost({ name: "net" })]);
  const [project = ""] = codeBlocks(page, "yaml");
  mkdirSync(join(clone.folder, "servers"));
  writeFileSync(join(clone.folder, "servers", "Pulumi.yaml"), project);
  writeProgram(org, net);
});

afterAll(async () => {
  clone?.remove();
  await lab?.remove();
});

/** The program of the page, with hosts that are there. */
function writeProgram(org: TestHost, net: TestHost): void {
  const [program = ""] = codeBlocks(page, "ts");
  const text = Object.entries({ "203.0.113.10": org, "203.0.113.20": net }).reduce((text, [address, host]) => {
    expect(text).toContain(connection(address));
    const { privateKeyFile, hostKey } = host;
    return text.replace(connection(address), JSON.stringify({ address: host.address, hostKey, privateKeyFile }));
  }, program);
  writeFileSync(join(clone.folder, "servers", "index.ts"), text);
}

/** Runs a command of the page, as it is there but for what it asks the user. */
async function runAsShown(beginning: string, change = (command: string) => command): Promise<string> {
  const command = promptedCommands(page).find((command) => command.startsWith(beginning));
  if (command === undefined) throw new Error(`the page has no command ${beginning}`);
  const { code, output } = await clone.run("sh", "-c", change(command));
  expect(code, output).toBe(0);
  return output;
}

test("a program of one's own deploys two hosts, as the page says", async () => {
  await runAsShown("npm run pulumi -- -C servers stack init");
  for (const [key, addresses] of Object.entries(users)) {
    for (const address of addresses) {
      await runAsShown("printf", (command) =>
        command
          .replace("openssl passwd -6", `openssl passwd -6 ${passwordOf(address)}`)
          .replace('orgPasswords["alice@example.org"]', `${key}["${address}"]`),
      );
    }
  }
  expect(await runAsShown("npm run pulumi -- -C servers preview")).toMatch(/^ {4}\+ 39 to create$/m);
  const output = await runAsShown("npm run pulumi -- -C servers up", (command) => `${command} --yes`);
  expect(output).toMatch(/^ {4}\+ 39 created$/m);
  expect(await runAsShown("npm run pulumi -- -C servers preview")).toMatch(/^ {4}39 unchanged$/m);
});

test("each host knows its own users", async () => {
  const authorityOf = (name: string) =>
    runAsShown("npm run -s pulumi -- -C servers stack output orgAuthority", (command) =>
      command.replace("orgAuthority", `${name}Authority`).replace(/ > .*/, ""),
    );
  const mails = {
    "alice@example.org": { host: org, hostname: "mail.example.org", certificateAuthority: await authorityOf("org") },
    "carol@example.net": { host: net, hostname: "mail.example.net", certificateAuthority: await authorityOf("net") },
  };
  for (const [address, mail] of Object.entries(mails)) {
    await using mailbox = await openMailbox({ lab, ...mail }, address);
    expect(await mailbox.subjects()).toEqual([]);
  }
});

test("a host takes the place of one that is gone once its connection is deployed, as the page says", async () => {
  await net.run("systemctl stop ssh.socket ssh.service");
  writeProgram(org, await lab.startHost({ name: "another" }));
  const early = await clone.run("npm", "run", "pulumi", "--", "-C", "servers", "preview");
  expect(early.output).toContain(`${net.address} port 22 cannot be reached`);
  await runAsShown("npm run pulumi -- -C servers up --target", (command) => `${command} --yes`);
  const preview = await runAsShown("npm run pulumi -- -C servers preview");
  expect(preview).toMatch(/^ \+ {2}mailhost:mail:VirtualTables net-tables create/m);
  expect(preview).not.toMatch(/ org-\S+ (create|update)/);
});
