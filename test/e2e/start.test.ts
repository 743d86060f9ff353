import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { labGroup } from "../../tools/testhost/cgroups.ts";
import { labMark, labPaths } from "../../tools/testhost/paths.ts";
import { createFreshClone, type FreshClone } from "../helpers/freshClone.ts";
import { makeTemporaryFolder } from "../helpers/temporaryFolder.ts";
import { runOnTerminal } from "../helpers/terminal.ts";

let clone: FreshClone;
let firstRunMs = 0;

beforeAll(async () => {
  clone = await createFreshClone();
});

afterAll(async () => {
  await clone.run("npm", "stop");
  clone.remove();
});

/** Name of the lab that `npm start` has made for the clone. */
async function labOfClone(): Promise<string> {
  const { code, output } = await clone.run("node", "tools/testhost/cli.ts", "status", "--lab", "start");
  expect(code, output).toBe(0);
  const { privateKeyFile }: { privateKeyFile: string } = JSON.parse(output);
  return basename(dirname(privateKeyFile));
}

/** What is on this machine of a lab. */
function tracesOf(lab: string): string[] {
  const mark = labMark(lab);
  const named = ["/run/netns", "/sys/class/net"]
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []))
    .filter((path) => path.includes(mark));
  return [...named, labPaths(lab).folder, labGroup(mark)].filter((path) => existsSync(path));
}

test("npm start makes a mail host of a fresh clone and shows a message that went through it", async () => {
  const start = performance.now();
  const { code, output } = await clone.run("npm", "start");
  firstRunMs = performance.now() - start;
  expect(code, output).toBe(0);
  expect(output).toMatch(/^ {4}\| From: alice@domain\.tld$/m);
  expect(output).toMatch(/^ {4}\| To: bob@domain\.tld$/m);
  expect(output).toMatch(/^ {4}\| Received: from mail\.domain\.tld$/m);
  expect(output).toMatch(/^Remove everything +npm stop$/m);
});

test("a second npm start is quicker and changes nothing", async () => {
  const start = performance.now();
  const { code, output } = await clone.run("npm", "start");
  expect(code, output).toBe(0);
  expect(performance.now() - start).toBeLessThan(firstRunMs / 2);
  expect(output).toMatch(/^Resources:\n {4}\d+ unchanged\n\n/m);
});

test("the work tree stays clean", async () => {
  expect(await clone.changes()).toBe("");
});

test("what somebody edits on the host is in a plain preview", async () => {
  const edit = "sed -i 's/^biff = no$/biff = yes/' /etc/postfix/main.cf";
  expect(await clone.run("node", "tools/testhost/cli.ts", "run", "--lab", "start", "--", edit)).toEqual({
    code: 0,
    output: "",
  });
  const { code, output } = await clone.run("npm", "run", "pulumi", "--", "preview", "--diff", "--stack", "local");
  expect(code, output).toBe(0);
  expect(output).toMatch(/^ *- +biff = yes$/m);
  expect(output).toMatch(/^ *\+ +biff = no$/m);
  expect(output).toMatch(/^ *~ 1 to update$/m);
});

test("npm run delete-mail asks for the address again, and deletes what no mailbox has", async () => {
  const onHost = (command: string) =>
    clone.run("node", "tools/testhost/cli.ts", "run", "--lab", "start", "--", command);
  const home = "/var/vmail/domain.tld/carol";
  expect(await onHost(`install -d -o vmail -g vmail ${home}/maildir`)).toMatchObject({ code: 0 });
  const argv = ["npm", "run", "--silent", "delete-mail", "--"];
  const argumentsOf = (address: string) => [address, "--stack", "local"];
  const alice = await clone.run(...argv, ...argumentsOf("alice@domain.tld"), "--confirm", "alice@domain.tld");
  expect(alice).toMatchObject({
    code: 1,
    output: "mailhost: alice@domain.tld is a mailbox of mailhost:domains; nothing was deleted\n",
  });
  const unasked = await clone.run(...argv, ...argumentsOf("carol@domain.tld"));
  expect(unasked.code).toBe(1);
  expect(unasked.output).toContain("without a terminal the address must be given once more, as --confirm");

  const question = "Type the address again to delete it for good:";
  const type = (answer: string) =>
    runOnTerminal([...argv, ...argumentsOf("carol@domain.tld")].join(" "), [{ question, answer }], {
      cwd: clone.folder,
    });
  const mistyped = await type("caro@domain.tld");
  expect(mistyped).toMatchObject({
    code: 1,
    output: expect.stringContaining("that is another address; nothing was deleted"),
  });
  expect(mistyped.output).toMatch(/^\/var\/vmail\/domain\.tld\/carol on the host, with 0 files:\r\n[\d.]+K\t/m);
  expect(await onHost(`ls -d ${home}`)).toMatchObject({ code: 0 });
  expect(await type("carol@domain.tld")).toMatchObject({
    code: 0,
    output: expect.stringContaining(`${home} is deleted.`),
  });
  expect(await onHost(`[ ! -e ${home} ]`)).toMatchObject({ code: 0 });
});

test("npm stop removes the host, and keeps the passphrase that a stack with its state elsewhere needs", async () => {
  const lab = await labOfClone();
  expect(tracesOf(lab)).not.toEqual([]);
  const elsewhere = makeTemporaryFolder("state");
  try {
    const pulumi = ["env", `PULUMI_BACKEND_URL=file://${elsewhere}`, "npm", "run", "--silent", "pulumi", "--"];
    const told = "the secret of another stack";
    expect(await clone.run(...pulumi, "stack", "init", "company")).toMatchObject({ code: 0 });
    const set = ["config", "set", "--secret", "mailhost:tlsPrivateKey", told, "--stack", "company"];
    expect(await clone.run(...pulumi, ...set)).toMatchObject({ code: 0 });
    const { code, output } = await clone.run("npm", "stop");
    expect(code, output).toBe(0);
    expect(tracesOf(lab)).toEqual([]);
    const get = ["config", "get", "mailhost:tlsPrivateKey", "--stack", "company"];
    expect(await clone.run(...pulumi, ...get)).toEqual({ code: 0, output: `${told}\n` });
  } finally {
    rmSync(elsewhere, { recursive: true });
    rmSync(join(clone.folder, "Pulumi.company.yaml"), { force: true });
  }
});

test("npm stop leaves nothing where there is no other stack", async () => {
  const { code, output } = await clone.run("npm", "stop");
  expect(code, output).toBe(0);
  expect(readdirSync(clone.folder)).not.toContain(".local");
  expect(readdirSync(clone.folder)).not.toContain("Pulumi.local.yaml");
  expect(await clone.changes()).toBe("");
});
