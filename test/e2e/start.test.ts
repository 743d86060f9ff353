import { existsSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  expect(await onHost(`install -d -o vmail -g vmail ${home} ${home}/maildir`)).toMatchObject({ code: 0 });
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

describe("npm run rollback", () => {
  const limit = async () => (await onHost("postconf -h message_size_limit biff")).trim().split("\n");
  const onHost = async (command: string) =>
    (await clone.run("node", "tools/testhost/cli.ts", "run", "--lab", "start", "--", command)).output;
  const rollback = (...args: string[]) => clone.run("npm", "run", "-s", "rollback", "--", "--stack", "local", ...args);
  const pulumi = async (...args: string[]) => {
    const { code, output } = await clone.run("npm", "run", "-s", "pulumi", "--", ...args, "--stack", "local");
    expect(code, output).toBe(0);
    return output;
  };

  test("has nothing to put back at first", async () => {
    const { code, output } = await rollback();
    expect(code, output).toBe(1);
    expect(output).toContain("no earlier configuration is kept on the host");
  });

  test("tells what it would change, and changes nothing without a terminal to ask at", async () => {
    await pulumi("config", "set", "--path", "mailhost:mail.messageSizeLimit", "30000000");
    await pulumi("up", "--yes", "--skip-preview");
    const status = await clone.run("npm", "run", "-s", "status", "--", "--stack", "local");
    expect(status.output).toMatch(
      /^ok +earlier +configuration 1, in force until \d{4}-.* UTC, when it changed in .*\/etc\/postfix\/main\.cf/m,
    );
    const { code, output } = await rollback();
    expect(code, output).toBe(1);
    expect(output).toMatch(/^Configuration 1, in force until \d{4}-.* UTC:\n/);
    expect(output).toMatch(/^~ \/etc\/postfix\/main\.cf$/m);
    expect(output).not.toContain("PRIVATE KEY");
    expect(output).toMatch(/^ +- message_size_limit = 30000000\n +\+ message_size_limit = 20480000$/m);
    expect(output).toContain("nothing was changed: without a terminal to ask at, agree by --yes");
    expect(await limit()).toEqual(["30000000", "no"]);
  });

  test("puts back what was in force, edits by hand included, and a preview shows that", async () => {
    const { code, output } = await rollback("--yes");
    expect(code, output).toBe(0);
    expect(output).toContain("Configuration 1 is in force.");
    expect(await limit()).toEqual(["20480000", "yes"]);
    const preview = await pulumi("preview", "--diff");
    expect(preview).toMatch(/^ *- +message_size_limit = 20480000$/m);
    expect(preview).toMatch(/^ *\+ +message_size_limit = 30000000$/m);
    expect(preview).toMatch(/^ *~ 1 to update$/m);
  });

  test("names those that are there where the wanted one is not", async () => {
    const { code, output } = await rollback("9");
    expect(code, output).toBe(1);
    expect(output).toContain("there is no earlier configuration 9 on the host; kept are 1, 2");
    expect(await rollback("1", "--yes")).toEqual({
      code: 0,
      output: expect.stringContaining("The host has configuration 1 already."),
    });
  });

  test("is taken back by up, or by another roll-back", async () => {
    await pulumi("up", "--yes", "--skip-preview");
    expect(await limit()).toEqual(["30000000", "no"]);
    const answering = (answer: string) =>
      runOnTerminal("npm run -s rollback -- --stack local 1", [{ question: "[y/N]", answer }], { cwd: clone.folder });
    expect(await answering("")).toMatchObject({ code: 1, output: expect.stringContaining("nothing was changed") });
    expect(await limit()).toEqual(["30000000", "no"]);
    expect(await answering("y")).toMatchObject({ code: 0 });
    expect(await limit()).toEqual(["20480000", "yes"]);
    expect(await rollback("--yes")).toMatchObject({ code: 0 });
    expect(await limit()).toEqual(["30000000", "no"]);
  });

  test("refuses one that was touched since, and one that the daemons refuse", async () => {
    const kept = "/var/lib/mailhost/previous/1";
    await onHost(`echo 'smtpd_client_restriction = reject' >>${kept}/etc/postfix/main.cf`);
    const touched = await rollback("1", "--yes");
    expect(touched.code, touched.output).toBe(1);
    expect(touched.output).toContain(`${kept}/etc/postfix/main.cf on the host is not as it was kept`);
    await onHost(`digest=$(sha256sum <${kept}/etc/postfix/main.cf | cut -d' ' -f1)
      sed -i 's|"/etc/postfix/main.cf":"[0-9a-f]*"|"/etc/postfix/main.cf":"'$digest'"|' ${kept}/set.json`);
    const { code, output } = await rollback("1", "--yes");
    expect(code, output).toBe(1);
    expect(output).toContain("unused parameter: smtpd_client_restriction=reject");
    expect(await limit()).toEqual(["30000000", "no"]);
  });

  test("says who changes the host at the same time, and where it is not reached", async () => {
    await onHost(
      "echo 'carol at laptop' >/var/lib/mailhost/lock.holder; systemd-run -q --unit=mailhost-txn sleep infinity",
    );
    const occupied = await rollback("3", "--yes");
    await onHost("systemctl stop mailhost-txn; systemctl stop ssh.service ssh.socket; pkill sshd-session");
    expect(occupied.code, occupied.output).toBe(1);
    expect(occupied.output).toContain("another deployment is changing this host: carol at laptop");
    const unreached = await rollback("3", "--yes");
    await onHost("systemctl start ssh.service");
    expect(unreached.code, unreached.output).toBe(3);
    expect(unreached.output).toContain("cannot be reached");
  });
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
