import { describe, expect, test } from "vitest";
import { validateMailHost } from "../../../../components/validation/validateMailHost.ts";
import { sampleArgs } from "../sample.ts";

const everyPassword = ["alice@domain.tld", "bob@domain.tld", "dave@domain1.tld"];

/** The mistakes of `args`, one `path: reason` each. */
function mistakes(args: unknown, passwords: readonly string[] | undefined = undefined): string[] {
  const { valid, problems } = validateMailHost(args, passwords, new Date());
  expect(valid === undefined).toBe(problems.length > 0);
  return problems.map(({ propertyPath, reason }) => `${propertyPath}: ${reason}`);
}

const mailboxKeys = "enabled, quota, format, aclGroups, forward, keepCopy, sendAs, sieve";
const domainKeys = "aliasOf, mailboxes, aliases, quota, acls, publicFolders";

/** The sample with one domain more. */
function withDomain(domain: unknown, name = "example.org") {
  return { ...sampleArgs, domains: { ...sampleArgs.domains, [name]: domain } };
}

/** The sample with these properties instead of its own. */
function withArgs(args: object) {
  return { ...sampleArgs, ...args };
}

/** The sample with these settings of all mail beside its own. */
function withMail(mail: object) {
  return withArgs({ mail: { ...sampleArgs.mail, ...mail } });
}

/** The sample with a mailbox of these settings. */
function withMailbox(mailbox: object) {
  return withDomain({ mailboxes: { bob: mailbox } });
}

function withFolders(folders: readonly string[]) {
  return withArgs({ publicFolders: { folders } });
}

const acl = { mailbox: "Public/*", identifier: "anyone", rights: "lrs" };
const acme = { source: "acme", email: "alice@domain.tld" };

test("accepts the sample", () => {
  expect(mistakes(sampleArgs, everyPassword)).toEqual([]);
});

test("fills in every default", () => {
  const { valid } = validateMailHost(sampleArgs, undefined, new Date());
  expect(valid?.settings).toMatchObject({
    platform: "debian",
    release: "debian13",
    inetProtocols: "ipv4",
    postfix: {
      listenAddresses: [],
      mynetworks: ["127.0.0.0/8"],
      submissions: false,
      clientAddressInHeaders: false,
      parameters: {},
    },
    dovecot: {
      listenAddresses: [],
      imaps: false,
      mailMaxUseripConnections: 100,
      authMechanisms: ["plain"],
      settings: {},
    },
    packages: {},
    logging: { method: "syslog", keep: 52, stopSyslogCopy: false },
    acceptanceCheck: true,
    publicFolders: {
      folders: [],
      acls: [
        { mailbox: "Public", identifier: "anyone", rights: "l" },
        { mailbox: "Public/*", identifier: "anyone", rights: "lrs" },
        { mailbox: "Public", identifier: "group=PublicMailboxAdmins", rights: "lrwstipekxa" },
        { mailbox: "Public/*", identifier: "group=PublicMailboxAdmins", rights: "lrwstipekxa" },
      ],
    },
    mail: {
      format: "maildir",
      quota: "1G",
      trashExtraPercent: 10,
      defaultFolders: ["Drafts", "Sent", "Junk", "Trash", "Archive"].map((name) => ({
        name,
        specialUse: name,
        auto: "subscribe",
      })),
      messageSizeLimit: 20_480_000,
      recipientDelimiter: "",
    },
    tls: { source: "self-signed", names: [], minimumProtocol: "TLSv1.2" },
  });
});

test("takes nothing behind the colon for all defaults", () => {
  const empty = { mailboxes: { alice: null, bob: undefined }, aliases: null };
  expect(mistakes(withDomain(empty))).toEqual([]);
  expect(mistakes(withDomain(null))).toEqual([]);
  expect(mistakes(withArgs({ postfix: null, dovecot: null, tls: null }))).toEqual([]);
});

describe("rejects with path, value and what is allowed:", () => {
  const cases: [title: string, args: unknown, mistake: string | RegExp][] = [
    [
      "an unknown key of the top level",
      withArgs({ hostnam: "x" }),
      /^hostnam: is no known key; did you mean "hostname"\? \(known here: hostname, platform, /,
    ],
    [
      "an unknown key of a mailbox",
      withDomain({ mailboxes: { bob: { enabeld: false } } }),
      `domains["example.org"].mailboxes.bob.enabeld: is no known key; did you mean "enabled"? (known here: ${mailboxKeys})`,
    ],
    [
      "a key of a later version",
      withDomain({ mailboxes: { bob: { receive: false } } }),
      `domains["example.org"].mailboxes.bob.receive: is no known key (known here: ${mailboxKeys})`,
    ],
    [
      "a key that would change the class of an object",
      withDomain(JSON.parse('{"mailboxes": {"__proto__": {}}}')),
      'domains["example.org"].mailboxes.__proto__: is no name',
    ],
    [
      "a missing host name",
      withArgs({ hostname: undefined }),
      'hostname: must be a fully qualified host name in lower case, such as "mail.domain.tld", but is missing',
    ],
    ["a host name without domain", withArgs({ hostname: "mail" }), /^hostname: must be .*, but is "mail"$/],
    ["an address as host name", withArgs({ hostname: "192.0.2.1" }), /^hostname: must be .*, but is "192.0.2.1"$/],
    [
      "a host name that is a mail domain",
      withArgs({ hostname: "domain.tld" }),
      'domains["domain.tld"]: "domain.tld" is the host\'s own name, whose mail goes to the host\'s own users; give the host a name of its own, such as "mail.domain.tld"',
    ],
    [
      "a local name of the host as mail domain",
      withDomain({}, "localhost.domain.tld"),
      'domains["localhost.domain.tld"]: "localhost.domain.tld" is a local name of the host "mail.domain.tld" and cannot be a mail domain',
    ],
    [
      "a platform that is not there yet",
      withArgs({ platform: "docker" }),
      'platform: must be "debian" ("docker" is not supported yet), but is "docker"',
    ],
    [
      "a release that is not known",
      withArgs({ release: "debian11" }),
      'release: must be "debian13" or "debian12", but is "debian11"',
    ],
    ["unknown protocols", withArgs({ inetProtocols: "ipv6" }), 'inetProtocols: must be "ipv4" or "all", but is "ipv6"'],
    [
      "a listening address that is none",
      withArgs({ postfix: { listenAddresses: ["eth0"] } }),
      'postfix.listenAddresses[0]: must be an IP address of the host, such as "203.0.113.10", but is "eth0"',
    ],
    [
      "an IPv6 address where IPv6 is off",
      withArgs({ dovecot: { listenAddresses: ["192.0.2.1", "2001:db8::1"] } }),
      'dovecot.listenAddresses[1]: "2001:db8::1" is an IPv6 address; set inetProtocols to "all" or take it out',
    ],
    [
      "a listening address that is given twice",
      withArgs({ dovecot: { listenAddresses: ["192.0.2.1", "192.0.2.1"] } }),
      'dovecot.listenAddresses[1]: must be another value than those before it, but is "192.0.2.1"',
    ],
    [
      "a network of everybody",
      withArgs({ postfix: { mynetworks: ["0.0.0.0/0"] } }),
      /^postfix.mynetworks\[0\]: must be a network .*"0.0.0.0\/0"$/,
    ],
    [
      "a network with host bits",
      withArgs({ postfix: { mynetworks: ["192.0.2.1/24"] } }),
      /^postfix.mynetworks\[0\]: .*"192.0.2.1\/24"$/,
    ],
    ...["[::]/0", "[2000::]/3", "[2000::]/15"].map((network): [string, object, RegExp] => [
      `${network}, which is too wide`,
      withArgs({ postfix: { mynetworks: [network] } }),
      /^postfix.mynetworks\[0\]: must be a network /,
    ]),
    [
      "a listening address of one interface",
      withArgs({ inetProtocols: "all", postfix: { listenAddresses: ["fe80::1%eth0"] } }),
      /^postfix.listenAddresses\[0\]: must be an IP address of the host, /,
    ],
    [
      "logs that are not kept at all",
      withArgs({ logging: { keep: 0 } }),
      "logging.keep: must be a number of weeks: a whole number from 1 to 5200, but is 0",
    ],
    ...["-3.10", "=3.10", "3/x", "3;x", "3$x"].map((version): [string, object, RegExp] => [
      `${version} as version of a package`,
      withArgs({ packages: { postfix: version } }),
      /^packages\.postfix: must be a version /,
    ]),
    ...["domain.tld.", "two..dots.tld", `${"a234567890.".repeat(23)}tld`, "a-.tld", "domain.1"].flatMap(
      (name): [string, object, RegExp][] => [
        [`${name} as host name`, withArgs({ hostname: name }), /^hostname: must be a fully qualified/],
        [`${name} as domain`, withDomain({}, name), /^domains.*: the name must be a domain name/],
        [`${name} as alias of a domain`, withDomain({ aliasOf: name }), /\.aliasOf: must be a domain name/],
        [
          `${name} as domain of a member`,
          withDomain({ aliases: { info: [`x@${name}`] } }),
          /aliases\.info\[0\]: must be a local part/,
        ],
      ],
    ),
    ...["a/b", "/a", "a!b", "!a", "a|b", "|a"].map((name): [string, object, RegExp] => [
      `${name} as name elsewhere`,
      withMailbox({ forward: [`${name}@elsewhere.example`] }),
      /forward\[0\]: must be a local part/,
    ]),
    ...["dovecot", "dovecot.index", "Team/dovecot-uidlist"].map((name): [string, object, RegExp] => [
      `${name} as folder`,
      withFolders([name]),
      /^publicFolders.folders\[0\]: must be the name of a folder below Public/,
    ]),
    [
      "a right that is given twice",
      withDomain({ acls: [{ ...acl, rights: "lrl" }] }),
      /acls\[0\].rights: must be made of the letters .*, each at most once, but is "lrl"$/,
    ],
    [
      "an IPv6 network without brackets",
      withArgs({ postfix: { mynetworks: ["2001:db8::/32"] } }),
      /^postfix.mynetworks\[0\]: /,
    ],
    [
      "a list that is none",
      withArgs({ postfix: { mynetworks: "127.0.0.0/8" } }),
      "postfix.mynetworks: must be a list of networks, but is a string",
    ],
    [
      "a size with a unit",
      withArgs({ mail: { ...sampleArgs.mail, messageSizeLimit: "20M" } }),
      'mail.messageSizeLimit: must be a size in bytes: a whole number from 65536 to 2147483647, but is "20M"',
    ],
    [
      "a size below what servers must take",
      withArgs({ mail: { ...sampleArgs.mail, messageSizeLimit: 1000 } }),
      /^mail.messageSizeLimit: .* but is 1000$/,
    ],
    [
      "a mechanism that needs the password in clear",
      withArgs({ dovecot: { authMechanisms: ["cram-md5"] } }),
      'dovecot.authMechanisms[0]: must be "plain" or "login", but is "cram-md5"',
    ],
    [
      "no mechanism",
      withArgs({ dovecot: { authMechanisms: [] } }),
      /^dovecot.authMechanisms: must be a list of at least one/,
    ],
    [
      "a version of a package that the release does not need",
      withArgs({ release: "debian12", packages: { "postfix-lmdb": "3.7.*" } }),
      /^packages\["postfix-lmdb"\]: is not installed on debian12 /,
    ],
    ["a version of a package that is not installed", withArgs({ packages: { exim4: "4.98" } }), /^packages\.exim4: /],
    [
      "a version of two words",
      withArgs({ packages: { postfix: "3.10 x" } }),
      /^packages\.postfix: must be a version .*, but is "3.10 x"$/,
    ],
    [
      "a quota of nothing",
      withMailbox({ quota: "0" }),
      /^domains\["example.org"\].mailboxes.bob.quota: .*, but is "0"$/,
    ],
    [
      "a quota in bytes",
      withMailbox({ quota: 5 }),
      /mailboxes.bob.quota: must be a whole number above 0 .*, but is 5$/,
    ],
    ["a quota with a fraction", withMailbox({ quota: "1.5G" }), /mailboxes.bob.quota: must be .*, but is "1.5G"$/],
    ["a quota beyond all disks", withMailbox({ quota: "8192T" }), /mailboxes.bob.quota: must be .*, but is "8192T"$/],
    [
      "a quota of a domain in words",
      withDomain({ quota: "lots" }),
      'domains["example.org"].quota: must be a whole number above 0 with K, M, G or T, such as "5G", less than 8192T in all, or "unlimited", but is "lots"',
    ],
    [
      "an allowance below nothing",
      withMail({ trashExtraPercent: -1 }),
      /^mail.trashExtraPercent: must be percent: .* -1$/,
    ],
    ["an unknown format", withMail({ format: "mbox" }), 'mail.format: must be "maildir" or "mdbox", but is "mbox"'],
    [
      "a group of two words",
      withMailbox({ aclGroups: ["a b"] }),
      /mailboxes.bob.aclGroups\[0\]: must be the name of a group/,
    ],
    [
      "an empty script",
      withMailbox({ sieve: " \n" }),
      /mailboxes.bob.sieve: must be the text of a Sieve script, but is/,
    ],
    ["a hidden folder", withFolders([".x"]), /^publicFolders.folders\[0\]: must be the name of a folder below Public/],
    ["a folder outside", withFolders(["../x"]), /^publicFolders.folders\[0\]: .*, but is "..\/x"$/],
    [
      "a folder of Maildir's own names",
      withFolders(["Team/cur"]),
      /^publicFolders.folders\[0\]: .*, but is "Team\/cur"$/,
    ],
    [
      "a folder that would be Public/Public",
      withFolders(["Public/Team"]),
      /^publicFolders.folders\[0\]: must be the name of a folder below Public, .*, but is "Public\/Team"$/,
    ],
    [
      "an ACL outside Public",
      withDomain({ acls: [{ ...acl, mailbox: "INBOX" }] }),
      'domains["example.org"].acls[0].mailbox: must be Public, or a pattern below it, such as "Public/*" or "Public/Team/*" (* stands for anything, slashes included, and ? for one character), but is "INBOX"',
    ],
    [
      "an ACL of nobody",
      withDomain({ acls: [{ ...acl, identifier: "bob" }] }),
      /acls\[0\].identifier: .*, but is "bob"$/,
    ],
    [
      "an ACL of a pattern that Dovecot takes for a name",
      withDomain({ acls: [{ ...acl, mailbox: "Public/%" }] }),
      /acls\[0\].mailbox: must be Public, or a pattern .* but is "Public\/%"$/,
    ],
    [
      "an ACL of a user who is not there",
      withDomain({ acls: [acl, { ...acl, identifier: "user=nobody@domain.tld" }] }),
      'domains["example.org"].acls[1].identifier: "user=nobody@domain.tld" names no mailbox of this host',
    ],
    [
      "an ACL that takes rights away from an alias",
      withArgs({ publicFolders: { acls: [{ ...acl, identifier: "-user=inof@domain.tld" }] } }),
      'publicFolders.acls[0].identifier: "-user=inof@domain.tld" names no mailbox of this host',
    ],
    [
      "an ACL of a user whose name Dovecot spells otherwise",
      withDomain({ acls: [{ ...acl, identifier: "-user=Alice@domain.tld" }] }),
      /acls\[0\].identifier: must be anyone, .* in lower case.*, but is "-user=Alice@domain.tld"$/,
    ],
    [
      "an ACL beside another of the same folders and people",
      withDomain({ acls: [acl, { ...acl, mailbox: "Public" }, { ...acl, rights: "l" }] }),
      'domains["example.org"].acls[2]: must be another mailbox and identifier than those before it, but is {"mailbox":"Public/*","identifier":"anyone","rights":"l"}',
    ],
    [
      "rights that there are none of",
      withArgs({ publicFolders: { acls: [{ ...acl, rights: "lrz" }] } }),
      /^publicFolders.acls\[0\].rights: must be made of the letters l .*, but is "lrz"$/,
    ],
    [
      "rights on folders that are not shown",
      withDomain({ publicFolders: false, acls: [acl] }),
      'domains["example.org"].acls: has no effect with publicFolders: false; take one of the two out',
    ],
    [
      "a missing postmaster",
      withArgs({ mail: {} }),
      'mail.postmaster: must be the address of a mailbox, such as "alice@domain.tld", but is missing',
    ],
    [
      "a postmaster without mailbox",
      withArgs({ mail: { postmaster: "alcie@domain.tld" } }),
      'mail.postmaster: must be an enabled mailbox of mailhost:domains, but "alcie@domain.tld" is no mailbox; did you mean "alice@domain.tld"?',
    ],
    [
      "a postmaster whose mailbox is disabled",
      withArgs({ mail: { postmaster: "old@domain.tld" } }),
      'mail.postmaster: must be an enabled mailbox of mailhost:domains, but "old@domain.tld" is disabled',
    ],
    [
      "a postmaster that is an alias",
      withArgs({ mail: { postmaster: "info@domain.tld" } }),
      'mail.postmaster: must be an enabled mailbox of mailhost:domains, but "info@domain.tld" is no mailbox',
    ],
    [
      "a delimiter that daemons do not take",
      withArgs({ mail: { ...sampleArgs.mail, recipientDelimiter: "a" } }),
      'mail.recipientDelimiter: must be made of + - = . _, each at most once, but is "a"',
    ],
    [
      "a name that the delimiter would split",
      { ...withDomain({ mailboxes: { "bob.smith": {} } }), mail: { ...sampleArgs.mail, recipientDelimiter: "+." } },
      'domains["example.org"].mailboxes["bob.smith"]: must not contain mail.recipientDelimiter, which is "+.": its mail would go to a shorter name',
    ],
    [
      "the name of an alias that the delimiter would split",
      {
        ...withDomain({ aliases: { "all-staff": ["alice@domain.tld"] } }),
        mail: { ...sampleArgs.mail, recipientDelimiter: "-" },
      },
      /aliases\["all-staff"\]: must not contain mail.recipientDelimiter, which is "-"/,
    ],
    [
      "no domains",
      withArgs({ domains: undefined }),
      "domains: must be a mapping of mail domain to its mailboxes and aliases, but is missing",
    ],
    [
      "an empty mapping of domains",
      withArgs({ domains: {} }),
      /^domains: must be a mapping with at least one mail domain, but is \{\}$/,
    ],
    [
      "a domain that is no mapping",
      withDomain(["alice"]),
      `domains["example.org"]: must be a mapping with ${domainKeys}, but is a list`,
    ],
    [
      "a domain of the mail root's own",
      withDomain({}, "auth.d"),
      'domains["auth.d"]: is taken: /var/vmail/auth.d holds files of Dovecot; no domain may be auth.d or conf.d',
    ],
    [
      "a domain of Dovecot's ACL files",
      withDomain({}, "conf.d"),
      'domains["conf.d"]: is taken: /var/vmail/conf.d holds files of Dovecot; no domain may be auth.d or conf.d',
    ],
    [
      "a domain of the public folders",
      withDomain({}, "public"),
      'domains.public: the name must be a domain name in lower case and ASCII (xn--... for other letters), such as "domain.tld"',
    ],
    [
      "a disabled that is no boolean",
      withDomain({ mailboxes: { bob: { enabled: "no" } } }),
      'domains["example.org"].mailboxes.bob.enabled: must be true or false, but is "no"',
    ],
    [
      "a listener that is neither on nor off",
      withArgs({ postfix: { submissions: 465 } }),
      "postfix.submissions: must be true or false, but is 465",
    ],
    [
      "default folders that are no list",
      withMail({ defaultFolders: { Sent: {} } }),
      "mail.defaultFolders: must be a list of mappings with name, specialUse, auto, but is a mapping",
    ],
    ...[
      "INBOX",
      "inbox/Sent",
      "Public/Sent",
      "Sent.2026",
      "Sent/",
      "/Sent",
      " Sent",
      'Se"nt',
      "a//b",
      "x".repeat(101),
      "",
    ].map((name): [string, unknown, RegExp] => [
      `a default folder named ${JSON.stringify(name)}`,
      withMail({ defaultFolders: [{ name }] }),
      /^mail\.defaultFolders\[0\]\.name: must be the name of a folder, such as "Sent" or "Archive\/2026"/,
    ]),
    [
      "a special use that there is not",
      withMail({ defaultFolders: [{ name: "Spam", specialUse: "Spam" }] }),
      'mail.defaultFolders[0].specialUse: must be "Drafts" or "Sent" or "Junk" or "Trash" or "Archive", but is "Spam"',
    ],
    [
      "a default folder that is there by other means",
      withMail({ defaultFolders: [{ name: "Spam", auto: "yes" }] }),
      'mail.defaultFolders[0].auto: must be "subscribe" or "create" or "no", but is "yes"',
    ],
    [
      "a default folder twice",
      withMail({ defaultFolders: [{ name: "Sent" }, { name: "Sent" }] }),
      /^mail\.defaultFolders\[1\]: must be another name than those before it/,
    ],
    [
      "a special use twice",
      withMail({
        defaultFolders: [
          { name: "Sent", specialUse: "Sent" },
          { name: "Gesendet", specialUse: "Sent" },
        ],
      }),
      /^mail\.defaultFolders\[1\]: must be another specialUse than those before it/,
    ],
    [
      "no connection at all",
      withArgs({ dovecot: { mailMaxUseripConnections: 0 } }),
      "dovecot.mailMaxUseripConnections: must be a number of connections: a whole number from 1 to 10000, but is 0",
    ],
    [
      "text for true or false, of headers",
      withArgs({ postfix: { clientAddressInHeaders: "no" } }),
      'postfix.clientAddressInHeaders: must be true or false, but is "no"',
    ],
    [
      "another daemon's listener",
      withArgs({ dovecot: { submissions: true } }),
      "dovecot.submissions: is no known key (known here: listenAddresses, imaps, mailMaxUseripConnections, authMechanisms, settings)",
    ],
    [
      "text in place of a mailbox, without showing it: it may be a password",
      withDomain({ mailboxes: { bob: "hunter2" } }),
      `domains["example.org"].mailboxes.bob: must be a mapping with ${mailboxKeys}, but is a string`,
    ],
    ...["a..b", "a."].flatMap((name): [string, object, RegExp][] => [
      [`${name} as mailbox`, withDomain({ mailboxes: { [name]: {} } }), /mailboxes\[".*"\]: the name must be 1 to 64/],
      [
        `${name} as alias`,
        withDomain({ aliases: { [name]: ["alice@domain.tld"] } }),
        /aliases\[".*"\]: the name must be/,
      ],
      [`${name} as member`, withDomain({ aliases: { info: [name] } }), /aliases.info\[0\]: must be a local part/],
      [
        `${name} as member elsewhere`,
        withDomain({ aliases: { info: [`${name}@elsewhere.example`] } }),
        /aliases.info\[0\]: must be a local part/,
      ],
      [
        `${name} as address to send as`,
        withMailbox({ sendAs: [`${name}@elsewhere.example`] }),
        /sendAs\[0\]: must be a local part/,
      ],
    ]),
    [
      "syslog's copies kept out of where there is no syslog",
      withArgs({ logging: { method: "files", stopSyslogCopy: true } }),
      'logging.stopSyslogCopy: is used with logging.method "syslog" only, but the method is "files"',
    ],
    [
      "an alias of a mailbox's name",
      withDomain({ mailboxes: { bob: {} }, aliases: { bob: ["alice@domain.tld"] } }),
      'domains["example.org"].aliases.bob: is a mailbox of example.org too, which would get no mail; rename one of the two',
    ],
    [
      "an alias without members",
      withDomain({ aliases: { info: [] } }),
      /^domains\["example.org"\].aliases.info: must be a list of at least one member/,
    ],
    [
      "an alias that is neither list nor mapping",
      withDomain({ aliases: { info: "alice@domain.tld" } }),
      'domains["example.org"].aliases.info: must be a list of members, or a mapping with members, senders, but is a string',
    ],
    [
      "an unknown key of an alias",
      withDomain({ aliases: { info: { members: ["alice@domain.tld"], sender: [] } } }),
      'domains["example.org"].aliases.info.sender: is no known key; did you mean "senders"? (known here: members, senders)',
    ],
    [
      "an unknown member",
      withDomain({ mailboxes: { bob: {} }, aliases: { info: ["bbo"] } }),
      'domains["example.org"].aliases.info[0]: "bbo" is neither a mailbox nor an alias of example.org; did you mean "bob"?',
    ],
    [
      "an unknown member in another served domain",
      withDomain({ aliases: { info: { members: ["nobody@domain.tld"] } } }),
      'domains["example.org"].aliases.info.members[0]: "nobody@domain.tld" is neither a mailbox nor an alias of domain.tld',
    ],
    [
      "a member that is given twice in two ways",
      withDomain({ mailboxes: { bob: {} }, aliases: { info: ["bob", "bob@example.org"] } }),
      'domains["example.org"].aliases.info[1]: "bob@example.org" is given twice',
    ],
    [
      "a member that no table can hold",
      withDomain({ aliases: { info: ["x y@domain.tld"] } }),
      /aliases.info\[0\]: must be a local part .*"x y@domain.tld"$/,
    ],
    [
      "a sender that is no mailbox",
      withDomain({ aliases: { info: { members: ["alice@domain.tld"], senders: ["x@elsewhere.example"] } } }),
      'domains["example.org"].aliases.info.senders[0]: "x@elsewhere.example" is no mailbox here; only users who log in here may send as an alias',
    ],
    [
      "an alias of itself",
      withDomain({ aliases: { info: ["info"] } }),
      'domains["example.org"].aliases.info: leads back to itself: info@example.org -> info@example.org',
    ],
    [
      "a catch-all with senders",
      withDomain({ aliases: { "@": { members: ["alice@domain.tld"], senders: ["alice@domain.tld"] } } }),
      'domains["example.org"].aliases["@"].senders: is not for the catch-all, which gives no right to send; see sendAs of a mailbox',
    ],
    ["a mailbox of all names", withDomain({ mailboxes: { "@": {} } }), /mailboxes\["@"\]: the name must be 1 to 64/],
    [
      "an alias of a domain that is not here",
      withDomain({ aliasOf: "domain.tdl" }),
      'domains["example.org"].aliasOf: "domain.tdl" is no domain of this host; did you mean "domain.tld"?',
    ],
    [
      "an alias domain with a mailbox of its own",
      withDomain({ aliasOf: "domain.tld", mailboxes: { bob: {} } }),
      'domains["example.org"].mailboxes: is not for a domain with aliasOf, which has the addresses of domain.tld',
    ],
    ...Object.entries({ quota: "5G", acls: [acl], publicFolders: false, aliases: { info: ["alice@domain.tld"] } }).map(
      ([key, value]): [string, object, string] => [
        `an alias domain with ${key} of its own`,
        withDomain({ aliasOf: "domain.tld", [key]: value }),
        `domains["example.org"].${key}: is not for a domain with aliasOf, which has the addresses of domain.tld`,
      ],
    ),
    [
      "an alias of itself as domain",
      withDomain({ aliasOf: "example.org" }),
      'domains["example.org"].aliasOf: "example.org" is an alias itself, of "example.org"; name that one',
    ],
    [
      "forwarding to nobody",
      withMailbox({ forward: ["alcie@domain.tld"] }),
      'domains["example.org"].mailboxes.bob.forward[0]: "alcie@domain.tld" is neither a mailbox nor an alias of domain.tld; did you mean "alice"?',
    ],
    [
      "forwarding to itself",
      withMailbox({ forward: ["bob"] }),
      'domains["example.org"].mailboxes.bob.forward: leads back to itself: bob@example.org -> bob@example.org',
    ],
    [
      "no copy and nobody else",
      withMailbox({ keepCopy: false }),
      'domains["example.org"].mailboxes.bob.keepCopy: is false without forward: its mail would go nowhere',
    ],
    [
      "sending as nobody",
      withMailbox({ sendAs: ["nobody"] }),
      /bob.sendAs\[0\]: "nobody" is neither a mailbox nor an alias/,
    ],
    [
      "sending as an address that the table of senders would spell otherwise",
      withMailbox({ sendAs: ["Sales@elsewhere.example"] }),
      /bob.sendAs\[0\]: must be a local part of this domain, .* all in lower case .*, but is "Sales@elsewhere.example"$/,
    ],
    ...(["forward", "sendAs"] as const).flatMap((list) =>
      ["root@mail.domain.tld", "root@localhost.domain.tld"].map((address): [string, object, string] => [
        `${address}, which is of the host itself, in ${list}`,
        withMailbox({ [list]: [address] }),
        `domains["example.org"].mailboxes.bob.${list}[0]: "${address}" is of the host itself, whose mail goes to no mailbox; use an address of a domain of mailhost:domains`,
      ]),
    ),
    [
      "a member at the host itself",
      withDomain({ aliases: { info: ["alice@domain.tld", "x@mail.domain.tld"] } }),
      /aliases.info\[1\]: "x@mail.domain.tld" is of the host itself, whose/,
    ],
    [
      "a catch-all at the host itself",
      withDomain({ aliases: { "@": { members: ["x@mail.domain.tld"] } } }),
      /aliases\["@"\].members\[0\]: "x@mail.domain.tld" is of the host itself, whose/,
    ],
    [
      "ACME without an address",
      withArgs({ tls: { source: "acme" } }),
      'tls.email: is missing, and tls.source "acme" needs it',
    ],
    [
      "ACME with an address that is none",
      withArgs({ tls: { source: "acme", email: "alice" } }),
      'tls.email: must be an address, such as "postmaster@domain.tld", but is "alice"',
    ],
    ...["http://authority.example/dir", "authority.example", "https://a b/dir", "https://x/dir'; reboot"].map(
      (directory): [string, object, RegExp] => [
        `${directory} as directory`,
        withArgs({ tls: { ...acme, directory } }),
        /^tls\.directory: must be a URL that begins with https:\/\/, such as .*, but is "/,
      ],
    ),
    [
      "a challenge that is none",
      withArgs({ tls: { ...acme, challenge: "tls-alpn" } }),
      'tls.challenge: must be "http", or a mapping with dns, but is a string',
    ],
    ...["cloudflare", "manual", "x y"].map((dns): [string, object, string] => [
      `${dns} as DNS provider`,
      withArgs({ tls: { ...acme, challenge: { dns }, environment: { TOKEN: "x" } } }),
      `tls.challenge.dns: must be a DNS provider of the host's lego, such as "hetzner" (docs/certificates.md has all), but is "${dns}"`,
    ]),
    [
      "a challenge by DNS without credentials",
      withArgs({ tls: { ...acme, challenge: { dns: "hetzner" } } }),
      "tls.environment: is missing: credentials of hetzner, see https://go-acme.github.io/lego/dns/hetzner/",
    ],
    [
      "an empty credential",
      withArgs({ tls: { ...acme, challenge: { dns: "hetzner" }, environment: { HETZNER_API_KEY: "" } } }),
      "tls.environment.HETZNER_API_KEY: must be a text",
    ],
    [
      "a credential whose name is none of a variable",
      withArgs({ tls: { ...acme, challenge: { dns: "hetzner" }, environment: { "A;B": "x" } } }),
      'tls.environment["A;B"]: the name must be the name of an environment variable, such as "HETZNER_API_KEY"',
    ],
    [
      "credentials for a challenge by HTTP",
      withArgs({ tls: { ...acme, environment: { HETZNER_API_KEY: "x" } } }),
      "tls.environment: is used with tls.challenge { dns: ... } only, but the challenge is http",
    ],
    [
      "a wildcard, which a challenge by HTTP cannot prove",
      withArgs({ tls: { ...acme, names: ["*.domain.tld"] } }),
      /^tls\.names\[0\]: must be a fully qualified host name/,
    ],
    [
      "an authority of the directory that is no certificate",
      withArgs({ tls: { ...acme, directoryCertificateAuthority: "x" } }),
      /^tls\.directoryCertificateAuthority: must be a certificate in PEM form/,
    ],
    [
      "a directory without ACME",
      withArgs({ tls: { directory: "https://authority.example/dir" } }),
      'tls.directory: is used with tls.source "acme" only, but the source is "self-signed"',
    ],
    [
      "an unknown source of the certificate",
      withArgs({ tls: { source: "letsencrypt" } }),
      'tls.source: must be "self-signed" or "pem" or "files" or "acme", but is "letsencrypt"',
    ],
    [
      "an old protocol",
      withArgs({ tls: { minimumProtocol: "TLSv1" } }),
      'tls.minimumProtocol: must be "TLSv1.2" or "TLSv1.3", but is "TLSv1"',
    ],
    [
      "a certificate that nobody would use",
      withArgs({ tls: { certificateChain: "x" } }),
      'tls.certificateChain: is used with tls.source "pem" only, but the source is "self-signed"',
    ],
    [
      "a source without its texts",
      withArgs({ tls: { source: "pem", privateKey: "x" } }),
      'tls.certificateChain: is missing, and tls.source "pem" needs it',
    ],
    [
      "one certificate file without the other",
      withArgs({ tls: { source: "files", certificateFile: "/etc/tls/chain.pem" } }),
      'tls.privateKeyFile: is missing, and tls.source "files" needs it',
    ],
    [
      "a certificate file that nobody would use",
      withArgs({ tls: { certificateFile: "/etc/tls/chain.pem" } }),
      'tls.certificateFile: is used with tls.source "files" only, but the source is "self-signed"',
    ],
    ...[
      "tls/chain.pem",
      "/etc/tls/../chain.pem",
      "/etc/tls/a b.pem",
      "/etc/tls/$x.pem",
      "/etc/tls/%d.pem",
      "/etc/tls/",
    ].map((certificateFile): [string, object, RegExp] => [
      `${certificateFile} as certificate file`,
      withArgs({ tls: { source: "files", certificateFile, privateKeyFile: "/etc/tls/key.pem" } }),
      /^tls\.certificateFile: must be the absolute path of a file on the host \(ASCII letters/,
    ]),
    ...["/etc/ssl/private/mailhost.pem", "/var/vmail/key.pem", "/var/lib/mailhost/key.pem", "/tmp/key.pem"].map(
      (privateKeyFile): [string, object, RegExp] => [
        `${privateKeyFile} as key file`,
        withArgs({ tls: { source: "files", certificateFile: "/etc/tls/chain.pem", privateKeyFile } }),
        /^tls\.privateKeyFile: must lie elsewhere than \//,
      ],
    ),
    [
      "one file for certificate and key",
      withArgs({ tls: { source: "files", certificateFile: "/etc/tls/a.pem", privateKeyFile: "/etc/tls/a.pem" } }),
      "tls.privateKeyFile: must be another file than tls.certificateFile",
    ],
  ];
  test.each(cases)("%s", (_title, args, mistake) => {
    expect(mistakes(args)).toEqual([typeof mistake === "string" ? mistake : expect.stringMatching(mistake)]);
  });
});

describe("reports a loop", () => {
  test("of aliases where it closes", () => {
    expect(mistakes(withDomain({ aliases: { a: ["b"], b: ["c"], c: ["a", "alice@domain.tld"] } }))).toEqual([
      'domains["example.org"].aliases.c: leads back to itself: c@example.org -> a@example.org -> b@example.org -> c@example.org',
    ]);
  });

  test("beside another one of the same alias", () => {
    const aliases = { a: ["b", "c", "alice@domain.tld"], b: ["a"], c: ["d"], d: ["a", "c"] };
    expect(mistakes(withDomain({ aliases }))).toEqual([
      'domains["example.org"].aliases.b: leads back to itself: b@example.org -> a@example.org -> b@example.org',
      'domains["example.org"].aliases.d: leads back to itself: d@example.org -> a@example.org -> c@example.org -> d@example.org',
    ]);
  });

  test("by way of another domain and of an alias domain", () => {
    const domains = {
      ...sampleArgs.domains,
      "a.example": { mailboxes: { ann: { forward: ["team@c.example"] } } },
      "b.example": { aliases: { team: ["ann@a.example"] } },
      "c.example": { aliasOf: "b.example" },
    };
    expect(mistakes(withArgs({ domains }))).toEqual([
      'domains["b.example"].aliases.team: leads back to itself: team@b.example -> ann@a.example -> team@c.example -> team@b.example',
    ]);
  });

  test("by way of a role account that the domain does not define", () => {
    const domains = { "domain.tld": { mailboxes: { alice: { forward: ["abuse"], keepCopy: false } } } };
    expect(mistakes(withArgs({ domains }))).toEqual([
      'domains["domain.tld"].mailboxes.alice.forward: leads back to itself: alice@domain.tld -> abuse@domain.tld -> alice@domain.tld',
    ]);
  });

  test("of role accounts, although their mail would be the postmaster's", () => {
    expect(mistakes(withDomain({ aliases: { abuse: ["postmaster"], postmaster: ["abuse"] } }))).toEqual([
      'domains["example.org"].aliases.postmaster: leads back to itself: postmaster@example.org -> abuse@example.org -> postmaster@example.org',
    ]);
  });

  test("of thousands in one line", () => {
    const aliases = chain(3000, "a0");
    expect(mistakes(withDomain({ aliases }))).toEqual([
      'domains["example.org"].aliases.a2999: leads back to itself: a2999@example.org -> a0@example.org -> a1@example.org -> a2@example.org -> a3@example.org -> ... -> a2999@example.org',
    ]);
  });
});

test("rejects the postmaster's own mail coming back to him by a role account that nobody else has", () => {
  const withRole = (aliases: object) =>
    withArgs({
      domains: {
        "domain.tld": {
          mailboxes: { alice: { forward: ["abuse"], keepCopy: false }, bob: {}, old: { enabled: false } },
          aliases,
        },
      },
    });
  const mistake =
    'domains["domain.tld"].mailboxes.alice.forward: leads back to itself: alice@domain.tld -> abuse@domain.tld -> alice@domain.tld';
  expect(mistakes(withRole({}))).toEqual([mistake]);
  expect(mistakes(withRole({ abuse: ["old"] }))).toEqual([mistake]);
  expect(mistakes(withRole({ abuse: ["bob"] }))).toEqual([]);
});

describe("an expansion of more addresses than Postfix takes", () => {
  const group = (name: string, size: number) => Array.from({ length: size }, (_, index) => `${name}${index}@x.example`);
  const tooLong = (size: number) =>
    `becomes ${size} addresses, with all that its aliases and forwards stand for; at most 1000 are allowed, because Postfix defers the mail for more; take some out`;

  test("is rejected where aliases stand for it, and counts who is reached in two ways twice", () => {
    const aliases = { a: group("a", 600), b: [...group("b", 399), "a0@x.example"], both: ["a", "b"], most: ["both"] };
    expect(mistakes(withDomain({ aliases }))).toEqual([]);
    expect(mistakes(withDomain({ aliases: { ...aliases, both: ["a", "b", "c@x.example"] } }))).toEqual([
      `domains["example.org"].aliases.both: ${tooLong(1001)}`,
      `domains["example.org"].aliases.most: ${tooLong(1001)}`,
    ]);
  });

  test("is rejected where forwards stand for it, copies included", () => {
    const forward = group("a", 1000);
    expect(mistakes(withMailbox({ forward, keepCopy: false }))).toEqual([]);
    expect(mistakes(withMailbox({ forward }))).toEqual([
      `domains["example.org"].mailboxes.bob.forward: ${tooLong(1001)}`,
    ]);
  });

  test("is rejected of a catch-all", () => {
    const aliases = { "@": ["a", "b"], a: group("a", 600), b: group("b", 500) };
    expect(mistakes(withDomain({ aliases }))).toEqual([`domains["example.org"].aliases["@"]: ${tooLong(1100)}`]);
  });
});

/** Each alias has the next as its member, and the last one `end`. */
function chain(length: number, end: string): Record<string, string[]> {
  const names = Array.from({ length }, (_, index) => `a${index}`);
  return Object.fromEntries(names.map((name, index) => [name, [names[index + 1] ?? end]]));
}

test("takes a chain of 12,000 aliases", () => {
  expect(mistakes(withDomain({ aliases: chain(12_000, "alice@domain.tld") }))).toEqual([]);
});

test("lets a user send as any address that a catch-all takes, and forward to none that is not defined", () => {
  const domain = { mailboxes: { bob: { sendAs: ["shop"], forward: ["shop"] } }, aliases: { "@": ["bob"] } };
  expect(mistakes(withDomain(domain))).toEqual([expect.stringMatching(/bob.forward\[0\]: "shop" is neither/)]);
});

test("takes aliases that meet again, which is no loop", () => {
  const aliases = { all: ["a", "b"], a: ["c"], b: ["c"], c: ["alice@domain.tld"] };
  expect(mistakes(withDomain({ aliases }))).toEqual([]);
});

test("rejects a mailbox without password and a password without mailbox", () => {
  expect(mistakes(sampleArgs, ["alice@domain.tld", "bbo@domain.tld", "dave@domain1.tld", "old@domain.tld"])).toEqual([
    'domains["domain.tld"].mailboxes.bob: has no password: set it by "npm run password -- bob@domain.tld", or set enabled: false',
    'passwords["bbo@domain.tld"]: is the password of no mailbox: add the mailbox, or remove it by "npm run password -- bbo@domain.tld --remove"',
  ]);
});

test("finds what is wrong behind a name that is wrong itself", () => {
  const mailboxes = { alice: {}, Bob: { quotta: "1G", format: "mbox" } };
  expect(mistakes({ ...sampleArgs, domains: { "domain.tld": { mailboxes }, "Domain.tld": { mailboxs: {} } } })).toEqual(
    [
      expect.stringMatching(/^domains\["domain.tld"\]\.mailboxes\.Bob: the name must be /),
      expect.stringMatching(
        /^domains\["domain.tld"\]\.mailboxes\.Bob\.format: must be "maildir" or "mdbox", but is "mbox"$/,
      ),
      expect.stringMatching(/^domains\["domain.tld"\]\.mailboxes\.Bob\.quotta: is no known key; did you mean "quota"/),
      expect.stringMatching(/^domains\["Domain.tld"\]: the name must be /),
      expect.stringMatching(/^domains\["Domain.tld"\]\.mailboxs: is no known key; did you mean "mailboxes"/),
    ],
  );
});

test("names mailboxes without password in one line", () => {
  expect(mistakes(sampleArgs, [])).toEqual([
    'passwords: has none for 3 mailboxes: bob@domain.tld, alice@domain.tld, dave@domain1.tld; set them by "npm run password -- ADDRESS...", or set enabled: false',
  ]);
});

test("reports all mistakes at once, those of shape and those of meaning", () => {
  const args = {
    hostname: "mail",
    relase: "debian13",
    mail: { postmaster: "nobody@domain.tld", messageSizeLimit: -1 },
    domains: {
      "domain.tld": { mailboxes: { alice: { quota: "1 GB" }, Bob: {} }, aliases: { info: ["alcie"], wrong: 5 } },
      "Bad Domain": {},
    },
  };
  expect(mistakes(args, []).map((mistake) => mistake.slice(0, mistake.indexOf(": ")))).toEqual([
    "hostname",
    "mail.messageSizeLimit",
    'domains["domain.tld"].mailboxes.alice.quota',
    'domains["domain.tld"].mailboxes.Bob',
    'domains["domain.tld"].aliases.wrong',
    'domains["Bad Domain"]',
    "relase",
    'domains["domain.tld"].aliases.info[0]',
    "mail.postmaster",
    'domains["domain.tld"].mailboxes.alice',
  ]);
});

test("tells each mistake of a list at its own place", () => {
  const places = (args: object) => mistakes(args).map((mistake) => mistake.slice(0, mistake.indexOf(": ")));
  const members = ["x y", "bbo", "a b", "alice@domain.tld", "bbb"];
  const info = 'domains["example.org"].aliases.info';
  const at = (list: string) => [0, 2, 1, 4].map((index) => `${list}[${index}]`);
  expect(places(withDomain({ aliases: { info: members } }))).toEqual(at(info));
  expect(places(withDomain({ aliases: { info: { members } } }))).toEqual(at(`${info}.members`));
  // What is no text is taken away first, then what is there twice.
  const forward = [5, "alice@domain.tld", "alice@domain.tld", "bbo"];
  expect(places(withMailbox({ forward }))).toEqual(
    [0, 3].map((index) => `domains["example.org"].mailboxes.bob.forward[${index}]`),
  );
  expect(places(withArgs({ dovecot: { listenAddresses: ["eth0", "2001:db8::1"] } }))).toEqual([
    "dovecot.listenAddresses[0]",
    "dovecot.listenAddresses[1]",
  ]);
});

describe("tells one mistake alone where", () => {
  test.each([
    ["an alias that another one names is none", { aliases: { wrong: 5, info: ["wrong"] } }, []],
    [
      "a mailbox that others name is none",
      {
        mailboxes: { bob: "text", ann: { sendAs: ["bob"] } },
        aliases: { info: { members: ["bob"], senders: ["bob"] } },
      },
      ["ann", "bob"],
    ],
    ["a mailbox with a password is none", { mailboxes: { bob: ["text"] } }, ["bob"]],
    ["a domain with a password is none", "text", ["bob"]],
  ])("%s", (_title, domain, owners) => {
    const passwords = [...everyPassword, ...owners.map((owner) => `${owner}@example.org`)];
    expect(mistakes(withDomain(domain), passwords)).toEqual([
      expect.stringMatching(/^domains\["example\.org"\].*: must be a /),
    ]);
  });

  test("the mailbox of the postmaster is none", () => {
    const domains = { ...sampleArgs.domains, "a.example": { mailboxes: { ann: 5 } } };
    expect(mistakes(withArgs({ domains, mail: { postmaster: "ann@a.example" } }))).toEqual([
      expect.stringMatching(/^domains\["a\.example"\]\.mailboxes\.ann: must be a mapping/),
    ]);
  });
});

test("a missing postmaster hides nothing else of mail", () => {
  const args = { ...withDomain({ mailboxes: { "bob.smith": {} } }), mail: { recipientDelimiter: "." } };
  expect(mistakes(args)).toEqual([
    expect.stringMatching(/^mail\.postmaster: .* but is missing$/),
    expect.stringMatching(/mailboxes\["bob\.smith"\]: must not contain mail\.recipientDelimiter/),
  ]);
});

test("takes rights of users, on patterns of every kind", () => {
  const acls = [
    { ...acl, mailbox: "Public/Team?/*" },
    { ...acl, identifier: "user=alice@domain.tld" },
    { ...acl, identifier: "-user=old@domain.tld" },
    { ...acl, identifier: "-group=Editors" },
  ];
  expect(mistakes(withArgs({ publicFolders: { acls } }))).toEqual([]);
});

test("does not take long over a large file that is no script", () => {
  const sieve = `${"a".repeat(200_000)}\0\0${"a".repeat(200_000)}`;
  const begin = performance.now();
  expect(mistakes(withMailbox({ sieve }))).toEqual([expect.stringMatching(/bob.sieve: must be the text of a Sieve/)]);
  // To try each letter as the one that is no blank would take many seconds.
  expect(performance.now() - begin).toBeLessThan(2000);
});

test("checks 10,000 mailboxes", () => {
  const mailboxes = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`user${index}`, {}]));
  const passwords = Object.keys(mailboxes).map((name) => `${name}@example.org`);
  expect(mistakes(withDomain({ mailboxes }), [...everyPassword, ...passwords])).toEqual([]);
});
