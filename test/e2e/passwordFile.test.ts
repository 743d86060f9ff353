import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPasswordKey, encryptHash } from "../../config/passwordFile.ts";
import { hashPassword } from "../../tools/password/hashPassword.ts";
import { postmaster, useDeployedHost } from "../helpers/deployedHost.ts";
import { ImapConversation } from "../helpers/imapConversation.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";
import { passwordHashOf, passwordOf } from "../helpers/testUsers.ts";

const alice = postmaster;
const bob = "bob@domain.tld";
const domains = { "domain.tld": { mailboxes: { alice: {}, bob: {} } } };

const newPassword = "open-sesame-from-the-file";
// As the command `npm run password` makes it.
const newHash = await hashPassword(newPassword);
const key = createPasswordKey();
const lineOfAlice = encryptHash(alice, newHash, key);
const lineOfBob = encryptHash(bob, await passwordHashOf(bob), key);

const mail = useDeployedHost({ domains });
const folder = useTemporaryFolder();

/** Deploys with these lines of a password file and these secrets. */
async function deploy(lines: Readonly<Record<string, string>>, secrets: Readonly<Record<string, string>>) {
  const { hostname, host, project } = mail();
  const { release } = host;
  const passwordFile = join(folder(), "passwords.yaml");
  writeFileSync(passwordFile, JSON.stringify(lines));
  const target = { address: host.address, hostKey: host.hostKey, privateKeyFile: host.privateKeyFile };
  await project.configure({ hostname, release, target, mail: { postmaster }, domains, passwordFile }, secrets);
  return project.up();
}

async function logIn(user: string, password: string): Promise<string> {
  using imap = await ImapConversation.open(mail());
  await imap.startTls();
  return await imap.logIn(user, password);
}

test("users log in with the passwords of the file, one of which is told of because its hash stands there in clear", async () => {
  const hashOfBob = await passwordHashOf(bob);
  await deploy({ [alice]: lineOfAlice, [bob]: hashOfBob }, { passwordKey: key });
  expect(await logIn(alice, newPassword)).toMatch(/^OK/m);
  expect(await logIn(alice, passwordOf(alice))).toMatch(/^NO \[AUTHENTICATIONFAILED\]/m);
  expect(await logIn(bob, passwordOf(bob))).toMatch(/^OK/m);
  const { project } = mail();
  expect(project.output()).toContain(`passwords.yaml holds password hashes in clear, of ${bob}: `);
  for (const secret of [newHash, hashOfBob, key]) {
    expect(project.output().includes(secret)).toBe(false);
    expect(project.state().includes(secret)).toBe(false);
  }
});

const other = lineOfAlice.at(30) === "A" ? "B" : "A";
const encrypted = { [alice]: lineOfAlice, [bob]: lineOfBob };

test.each([
  [
    "another key",
    encrypted,
    { passwordKey: createPasswordKey() },
    "passwordKey: decrypts none of the 2 lines of mailhost:passwordFile",
  ],
  ["no key", encrypted, {}, "passwordKey: is not set, and mailhost:passwordFile is encrypted with it"],
  ["a key that is none", encrypted, { passwordKey: newPassword }, "passwordKey: must be 32 random bytes in base64"],
  [
    "a line that was changed",
    { ...encrypted, [alice]: `${lineOfAlice.slice(0, 30)}${other}${lineOfAlice.slice(31)}` },
    { passwordKey: key },
    `passwordFile["${alice}"]: cannot be decrypted`,
  ],
  [
    "a line of somebody else",
    { ...encrypted, [alice]: lineOfBob },
    { passwordKey: key },
    `passwordFile["${alice}"]: cannot be decrypted`,
  ],
  [
    "an address in both places",
    encrypted,
    { passwordKey: key, passwords: JSON.stringify({ [alice]: newHash }) },
    `passwordFile["${alice}"]: is in mailhost:passwords too`,
  ],
  [
    "a weak hash",
    { ...encrypted, [alice]: encryptHash(alice, "{SSHA}c2VjcmV0", key) },
    { passwordKey: key },
    `passwordFile["${alice}"]: uses {SSHA}`,
  ],
])("nothing is deployed with %s", async (_what, lines, secrets, mistake) => {
  const passwdFile = "cat /var/vmail/auth.d/domain.tld/passwd";
  const before = await mail().host.run(passwdFile);
  const failure = String(await deploy(lines, secrets).catch((error: unknown) => error));
  expect(failure).toContain("1 mistake in the configuration of the mail host, which is left as it is:");
  expect(failure).toContain(mistake);
  for (const secret of [newHash, newPassword, lineOfAlice, lineOfBob, key, "c2VjcmV0"]) {
    expect(failure.includes(secret)).toBe(false);
  }
  expect(await mail().host.run(passwdFile)).toEqual(before);
});
