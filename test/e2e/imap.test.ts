import { describe, expect, test } from "vitest";
import { waitUntil } from "../../tools/testhost/waiting.ts";
import { addressesOf, useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints, journalCursor } from "../helpers/hostJournal.ts";
import { ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { ofRelease } from "../helpers/release.ts";
import { passwordOf } from "../helpers/testUsers.ts";
import { oldTlsVersions, onlyTls, refusedByDovecot } from "../helpers/tlsVersions.ts";

/** Dovecot allows one user ten sessions from one address, so that many sessions need many users. */
const crowd = Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`user${index}`, {}]));
const sessionsPerUser = 10;

const mail = useDeployedHost({
  domains: {
    "domain.tld": { mailboxes: { alice: {}, bob: {} } },
    "domain1.tld": { mailboxes: crowd },
  },
});

describe("before STARTTLS", () => {
  test("no way to log in is offered", async () => {
    using imap = await ImapConversation.open(mail());
    const capabilities = await imap.say("CAPABILITY");
    expect(capabilities).toContain("STARTTLS");
    expect(capabilities).toContain("LOGINDISABLED");
    expect(capabilities).not.toContain("AUTH=");
    expect(imap.greeting).not.toContain("AUTH=");
  });

  test.each(["LOGIN", "AUTHENTICATE PLAIN"])("refuses %s with the right password", async (mechanism) => {
    using imap = await ImapConversation.open(mail());
    const reply = mechanism === "LOGIN" ? await imap.logIn("alice@domain.tld") : await imap.say(mechanism);
    expect(reply).toMatch(/^(?:\* BAD .*\n)?NO \[PRIVACYREQUIRED\]/);
  });
});

describe("STARTTLS", () => {
  test("shows a certificate of the host name, signed by the authority of the stack output", async () => {
    using imap = await ImapConversation.open(mail());
    await imap.startTls();
    expect((await imap.say("CAPABILITY")).match(/AUTH=\S+/g)).toEqual(["AUTH=PLAIN"]);
  });

  test("shows no certificate that others trust, nor one of another name", async () => {
    using stranger = await ImapConversation.open(mail());
    await expect(stranger.startTls({ ca: mail().lab.sink.certificate })).rejects.toMatchObject({
      // The host shows an issuer too, whose authority is another than theirs.
      code: "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    });
    using misled = await ImapConversation.open(mail());
    await expect(misled.startTls({ servername: "mail.elsewhere.example" })).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
  });

  test.each(oldTlsVersions)("refuses %s", async (version) => {
    using imap = await ImapConversation.open(mail());
    const cursor = await journalCursor(mail().host);
    await expect(imap.startTls(onlyTls(version))).rejects.toMatchObject(refusedByDovecot);
    await waitUntil(
      async () => {
        const { stdout } = await mail().host.run(
          `journalctl --quiet --output=cat --identifier=dovecot --after-cursor='${cursor}'`,
        );
        return /SSL_accept\(\) failed: .*unsupported protocol/.test(stdout) || undefined;
      },
      { what: "the reason of the refusal in the log", timeoutMs: 20_000 },
    );
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)("takes %s", async (version) => {
    using imap = await ImapConversation.open(mail());
    await imap.startTls(onlyTls(version));
    expect(await imap.logIn("alice@domain.tld")).toMatch(/^OK/m);
  });
});

test.each([993, 110, 995])("nothing listens on %i", async (port) => {
  await expect(mail().lab.client.connect(mail().host.address, port)).rejects.toThrow("ECONNREFUSED");
});

test.each(["alice@domain.tld", "ALICE@Domain.TLD"])("logs in %s", async (user) => {
  using imap = await openImapAs(mail(), user);
  expect(await imap.say("SELECT INBOX")).toMatch(/^OK/m);
});

test("sessions run as vmail, and authentication as doveauth", async () => {
  using imap = await openImapAs(mail(), "bob@domain.tld");
  expect(await imap.say("NOOP")).toMatch(/^OK/m);
  // What goes over all users is done by the authentication worker, which then waits for more; that of 2.3 does not read
  // files with the domain in their path for that.
  const users = await mail().host.run("timeout 20 doveadm user '*@domain.tld'");
  expect(users.stdout).toBe(ofRelease({ debian13: "alice@domain.tld\nbob@domain.tld\n", debian12: "" }));
  const { stdout } = await mail().host.run("ps -e -o user:20=,args=");
  const processes = stdout.split("\n").map((line) => line.trim());
  const ownersOf = (title: RegExp): Set<string | undefined> =>
    new Set(processes.filter((line) => title.test(line)).map((line) => line.split(" ", 1)[0]));
  expect(ownersOf(/dovecot\/imap \[bob@domain\.tld /)).toEqual(new Set(["vmail"]));
  expect(ownersOf(/dovecot\/auth \[/)).toEqual(new Set(["doveauth"]));
  expect(ownersOf(/dovecot\/auth worker/)).toEqual(new Set(["doveauth"]));
});

test("nobody but vmail can own mail, whatever a passwd file says", async () => {
  const { run } = mail().host;
  const file = "/var/vmail/auth.d/domain.tld/passwd";
  await run(`cp -a ${file} /root/ && echo 'eve@domain.tld:{PLAIN}open:5001:5000::/var/vmail/domain.tld/eve' >>${file}`);
  try {
    // Dovecot looks at the file anew when its time has changed by a second.
    const reply = await waitUntil(
      async () => {
        using imap = await ImapConversation.open(mail());
        await imap.startTls();
        const reply = await imap.logIn("eve@domain.tld", "open");
        return reply.includes("AUTHENTICATIONFAILED") ? undefined : reply;
      },
      { what: "Dovecot to know the new user", timeoutMs: 15_000 },
    );
    expect(reply).toBe("OK Logged in, but initialization failed.");
  } finally {
    await run(`mv /root/passwd ${file}`);
  }
});

test("130 sessions of one client are open at the same time", async () => {
  const users = addressesOf({ "domain1.tld": { mailboxes: crowd } });
  const wanted = users.flatMap((user) => Array.from({ length: sessionsPerUser }, () => user));
  expect(wanted).toHaveLength(130);
  const sessions = await Promise.all(wanted.map((user) => openImapAs(mail(), user)));
  const replies = await Promise.all(sessions.map((imap) => imap.say("STATUS INBOX (MESSAGES)")));
  expect(replies.filter((reply) => !/^OK/m.test(reply))).toEqual([]);
  const { stdout } = await mail().host.run("pgrep --count --full '^dovecot/imap .user'");
  expect(Number(stdout)).toBe(130);
  for (const imap of sessions) imap[Symbol.dispose]();
});

test.each([
  ["a wrong password", "alice@domain.tld", "wrong"],
  ["the local part alone", "alice", passwordOf("alice@domain.tld")],
])("refuses %s", async (_what, user, password) => {
  using imap = await ImapConversation.open(mail());
  await imap.startTls();
  expect(await imap.logIn(user, password)).toMatch(/^NO \[AUTHENTICATIONFAILED\]/m);
});

test("the daemons have nothing to complain of", async () => {
  const provoked = [
    /^dovecot: imap\(eve@domain\.tld\): Error: Mail access for users with UID 5001 not permitted/,
    ...ofRelease({
      debian13: [],
      debian12: [/passwd-file\(\*@domain\.tld\): passwd-file: User iteration isn't currently supported/],
    }),
  ];
  expect(await complaints(mail().host, provoked)).toEqual([]);
});
