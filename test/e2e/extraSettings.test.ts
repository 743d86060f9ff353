import { describe, expect, test } from "vitest";
import { type MailHostSettings, useDeployedHost } from "../helpers/deployedHost.ts";
import { complaints } from "../helpers/hostJournal.ts";
import { ImapConversation, openImapAs } from "../helpers/imapConversation.ts";
import { openMailbox } from "../helpers/mailbox.ts";
import { ofRelease } from "../helpers/release.ts";
import { openSmtp, openSubmissionAs } from "../helpers/smtpConversation.ts";

const parameters = {
  smtpd_sender_restrictions: "check_sender_access inline:{{spammer@elsewhere.example = reject Not you}}",
  "smtp/inet/smtpd_reject_footer": "\\c. Ask the postmaster",
  "submission/inet/smtpd_client_message_rate_limit": 1,
};
const settings = {
  login_greeting: 'Say "friend" # and enter',
  "service imap": { process_limit: 4096 },
  "protocol imap": { imap_logout_format: "farewell" },
  "namespace inbox": { "mailbox Sent Items": { auto: "subscribe", special_use: "\\Sent" } },
};
const domains = { "domain.tld": { mailboxes: { alice: {}, bob: {} } } };
const postfix = { clientAddressInHeaders: true, parameters };
const mail = useDeployedHost({
  domains,
  postfix,
  dovecot: { mailMaxUseripConnections: 1, settings },
} satisfies MailHostSettings);

describe("parameters of Postfix", () => {
  test("for all services and for one count on 25", async () => {
    using smtp = await openSmtp(mail());
    await smtp.say("MAIL FROM:<spammer@elsewhere.example>");
    expect(await smtp.say("RCPT TO:<bob@domain.tld>")).toMatch(/^554 5\.7\.1 .* Not you\. Ask the postmaster$/);
  });

  test("take the place of a rate limit of 587", async () => {
    const letter = { from: "alice@domain.tld", to: "bob@domain.tld", subject: "The only one" };
    using smtp = await openSubmissionAs(mail(), "alice@domain.tld");
    expect(await smtp.send(letter)).toMatch(/^250/);
    expect(await smtp.say("MAIL FROM:<alice@domain.tld>")).toMatch(/^450 4\.7\.1 Error: too much mail/);
  });
});

test("a user's message tells where it was sent from, where that is set", async () => {
  await using mailbox = await openMailbox(mail(), "bob@domain.tld");
  expect((await mailbox.waitFor("The only one")).source).toContain(`[${mail().lab.client.address}]`);
});

describe("settings of Dovecot", () => {
  test("reach it as they are written", async () => {
    using imap = await ImapConversation.open(mail());
    expect(imap.greeting).toContain('Say "friend" # and enter');
  });

  test("extend a protocol and a namespace of ours", async () => {
    using first = await openImapAs(mail(), "alice@domain.tld");
    expect(await first.say('LIST "" *')).toMatch(/^\* LIST \(.*\\Sent.*\) "\/" "Sent Items"$/m);
    await first.say("LOGOUT");
    const farewell = "journalctl --quiet --output=cat --identifier=dovecot --grep='Logged out farewell'";
    await expect.poll(async () => (await mail().host.run(farewell)).code, { timeout: 20_000 }).toBe(0);
  });

  test("are served by one session at a time, where that is the limit", async () => {
    using _first = await openImapAs(mail(), "alice@domain.tld");
    await expect(openImapAs(mail(), "alice@domain.tld")).rejects.toThrow("Maximum number of connections");
  });

  test("take the place of a limit of a service", async () => {
    const { stdout } = await mail().host.run("doveadm service status imap");
    expect(stdout).toMatch(/^process_limit: 4096$/m);
  });
});

test("a preview says which keys the daemons would refuse", async () => {
  const given = {
    domains,
    postfix: { parameters: { ...parameters, "submission/inet/smtpd_timeout": "soon", maximal_queue_lifetime: "3x" } },
    dovecot: { settings: { ...settings, "protocol imap": { imap_max_line_length: "long" } } },
  };
  const message = String(
    await mail()
      .preview(given)
      .catch((error: unknown) => error),
  );
  expect(message).toMatch(
    /mailhost:postfix\.parameters\["submission\/inet\/smtpd_timeout"\]: \/etc\/postfix\/master\.cf line \d+: submission\/inet: fatal: invalid smtpd_timeout/,
  );
  expect(message).toMatch(
    /mailhost:postfix\.parameters\.maximal_queue_lifetime: \/etc\/postfix\/main\.cf line \d+: qmgr\/unix: fatal: .*bad time value or unit: 3x/,
  );
  expect(message).toMatch(
    /mailhost:dovecot\.settings\["protocol imap"\]\.imap_max_line_length: .*\/etc\/dovecot\/dovecot\.conf line \d+: .*: long/,
  );
});

describe("what mailhost or a daemon refuses changes nothing:", () => {
  test.each<[what: string, given: object, says: string | RegExp]>([
    [
      "settings that are mailhost's own, in one report",
      {
        postfix: { parameters: { ...parameters, smtpd_sasl_auth_enable: true } },
        dovecot: { settings: { ...settings, ssl: false } },
      },
      /postfix\.parameters\.smtpd_sasl_auth_enable: must not be given \(true\), because .*; take it out\n +dovecot\.settings\.ssl: must not be given \(false\)/,
    ],
    [
      "a restriction that smtpd does not know",
      { postfix: { parameters: { ...parameters, smtpd_helo_restrictions: "reject_strangers" } } },
      'smtpd_helo_restrictions: warning: unknown smtpd restriction: "reject_strangers"',
    ],
    [
      "a restriction whose argument is missing",
      { postfix: { parameters: { ...parameters, smtpd_client_restrictions: "reject_rbl_client" } } },
      "smtpd_client_restrictions: warning: restriction reject_rbl_client requires domain name argument",
    ],
    [
      "a restriction that would take the next one for its argument",
      { postfix: { parameters: { ...parameters, smtpd_client_restrictions: "reject_rbl_client, permit" } } },
      "smtpd_client_restrictions: restriction reject_rbl_client lacks its argument: what follows is permit",
    ],
    [
      "restrictions behind one that decides, and in a class",
      {
        postfix: {
          parameters: {
            ...parameters,
            smtpd_helo_restrictions: "check_client_access cidr:{{0.0.0.0/0 OK}}, reject_strangers",
            smtpd_restriction_classes: "careful",
            careful: "permit_mynetworks, reject_rhsbl_sender",
          },
        },
      },
      /careful: warning: restriction reject_rhsbl_sender requires[\s\S]*smtpd_helo_restrictions: warning: unknown smtpd restriction: "reject_strangers"/,
    ],
    [
      "a policy service that does not answer",
      {
        postfix: { parameters: { ...parameters, smtpd_client_restrictions: "check_policy_service unix:private/none" } },
      },
      "smtpd_client_restrictions: warning: connect to private/none: No such file or directory",
    ],
    [
      "a setting that Dovecot does not know",
      { dovecot: { settings: { ...settings, login_greting: "Hello" } } },
      ofRelease({
        debian13: "login_greting: Unknown setting: login_greting",
        debian12: "dovecot.settings.login_greting: has no counterpart in Dovecot 2.3 (debian12)",
      }),
    ],
  ])("%s", async (_what, given, says) => {
    const files = "sha256sum /etc/postfix/main.cf /etc/postfix/master.cf /etc/dovecot/dovecot.conf";
    const before = await mail().host.run(files);
    await expect(mail().deploy({ domains, postfix, dovecot: { settings }, ...given })).rejects.toThrow(says);
    expect(await mail().host.run(files)).toEqual(before);
    using imap = await ImapConversation.open(mail());
    expect(imap.greeting).toContain('Say "friend"');
  });
});

test("nothing was complained of", async () => {
  expect(await complaints(mail().host, [/Message delivery request rate limit exceeded/])).toEqual([]);
});
