import type { PeerCertificate } from "node:tls";
import { describe, expect, it } from "vitest";
import { type HostStatus, parseStatus } from "../../../../tools/status/hostStatus.ts";
import {
  EXIT_CODES,
  formatFindings,
  type Grade,
  gradeDeployment,
  gradeDrift,
  gradeFailure,
  gradeHost,
  gradeVisits,
  worst,
} from "../../../../tools/status/report.ts";

const now = new Date("2026-05-01T12:00:00Z");
const hour = 3_600_000;
const day = 24 * hour;

const healthy: HostStatus = {
  system: "Debian GNU/Linux 13 (trixie)",
  versions: { postfix: "3.10.5-1", "dovecot-core": "1:2.4.1-6" },
  units: { "postfix.service": "active", "dovecot.service": "active" },
  queue: { messages: 0, oldest: undefined },
  failedScripts: [],
  disk: { usedPercent: 40, freeBytes: 12_340_000_000 },
  lockedHomes: [],
  acmeFailure: undefined,
  earlier: [],
};

/** Name to grade and text of what is told of a host. */
function gradesOf(changes: Partial<HostStatus>): Record<string, string> {
  const findings = gradeHost({ ...healthy, ...changes }, now);
  return Object.fromEntries(findings.map(({ name, grade, text }) => [name, `${grade}: ${text}`]));
}

/** A visit without complaint whose certificate ends so much later. */
function visit(milliseconds: number) {
  const valid_to = new Date(now.getTime() + milliseconds).toUTCString();
  return { complaints: [], certificate: { valid_to } as PeerCertificate };
}

describe("of the host", () => {
  it("all is told where all is well", () => {
    expect(gradesOf({})).toEqual({
      system: "ok: Debian GNU/Linux 13 (trixie)",
      postfix: "ok: 3.10.5-1",
      "dovecot-core": "ok: 1:2.4.1-6",
      "postfix.service": "ok: active",
      "dovecot.service": "ok: active",
      queue: "ok: 0 messages",
      sieve: "ok: no failure of a script",
      disk: "ok: 40 % used, 12.3 GB free",
    });
  });

  it("a certificate that could not be obtained is a warning, on one line", () => {
    const answer = "acme 2026-04-30: the authority issued no certificate:\nacme \tCould not create client\n";
    const { acmeFailure } = parseStatus(answer, "debian13");
    expect(gradesOf({ acmeFailure })).toMatchObject({
      certificate:
        "warning: the last attempt to obtain one failed: 2026-04-30: the authority issued no certificate:; Could not create client; see: journalctl -u mailhost-acme",
    });
    expect(parseStatus("", "debian13").acmeFailure).toBeUndefined();
  });

  it("homes that cannot be used are critical, each with the command that mends it", () => {
    const home = "/var/vmail/domain.tld/alice";
    const lockedHomes = [{ home, path: home, owner: "1001:1001", mode: "0700" }];
    expect(gradesOf({ lockedHomes })).toMatchObject({
      homes: `critical: homes that neither deliveries nor IMAP can use: ${home} belongs to 1001:1001. Mend it on the host: chown -R vmail:vmail ${home}`,
    });
  });

  it("configurations that can be put back are told, the youngest first", () => {
    const earlier = [7, 8].map((number) => ({
      number,
      until: `2026-05-0${number} 12:00:00 UTC`,
      changed: ["/etc/postfix/main.cf", "/etc/dovecot/dovecot.conf"],
      digests: {},
      versions: {},
      inputs: { attributes: {}, fingerprints: {}, files: {}, secretFiles: {}, steps: {} },
    }));
    const findings = gradeHost({ ...healthy, earlier }, now).filter(({ name }) => name === "earlier");
    expect(findings.map(({ grade, text }) => `${grade}: ${text}`)).toEqual(
      [8, 7].map(
        (number) =>
          `ok: configuration ${number}, in force until 2026-05-0${number} 12:00:00 UTC, when it changed in /etc/postfix/main.cf, /etc/dovecot/dovecot.conf`,
      ),
    );
  });

  it.each(["inactive", "failed", "activating"])("a unit that is %s is critical", (state) => {
    expect(gradesOf({ units: { "dovecot.service": state } })).toMatchObject({
      "dovecot.service": `critical: ${state}`,
    });
  });

  it.each([
    [3.9, "ok: 7 messages, the oldest for 3.9 hours"],
    [4.1, "warning: 7 messages, the oldest for 4.1 hours"],
  ])("mail that has waited for %d hours: %s", (hours, queue) => {
    const oldest = new Date(now.getTime() - hours * hour);
    expect(gradesOf({ queue: { messages: 7, oldest } })).toMatchObject({ queue });
  });

  it("scripts that fail are told with the user and the reason, five of them", () => {
    const failed = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ address: `user${index}@domain.tld`, said: "2026-05-01: error" }));
    expect(gradesOf({ failedScripts: failed(1) }).sieve).toBe(
      "warning: the script failed at a delivery for user0@domain.tld (2026-05-01: error); see .dovecot.sieve.log in the user's home",
    );
    expect(gradesOf({ failedScripts: failed(7) }).sieve).toMatch(
      /user4@domain\.tld \(2026-05-01: error\) and of 2 others; see/,
    );
  });

  it.each([
    [84, "ok"],
    [85, "warning"],
    [94, "warning"],
    [95, "critical"],
  ])("a disk of which %d percent are used is %s", (usedPercent, grade) => {
    expect(gradesOf({ disk: { usedPercent, freeBytes: 0 } }).disk).toMatch(new RegExp(`^${grade}: `));
  });
});

describe("what the host prints", () => {
  const printed = `system Debian GNU/Linux 13 (trixie)
package dovecot-core installed 1:2.4.1-6
package postfix installed 3.10.5-1
unit postfix.service active
unit dovecot.service active
disk 40% 12340000000
`;
  const message = (arrival: number) => `message {"queue_name": "deferred", "arrival_time": ${arrival}}\n`;

  it("is read", () => {
    expect(parseStatus(printed, "debian13")).toEqual(healthy);
    expect(parseStatus(`${printed}${message(1777000000)}${message(1776000000)}`, "debian13").queue).toEqual({
      messages: 2,
      oldest: new Date("2026-04-12T13:20:00Z"),
    });
  });

  it("is read of a script that fails", () => {
    const line = "sieve carol@domain.tld 2026-05-01: .dovecot: line 1: error: number of redirect actions exceeds 4\n";
    expect(parseStatus(`${printed}${line}`, "debian13").failedScripts).toEqual([
      {
        address: "carol@domain.tld",
        said: "2026-05-01: .dovecot: line 1: error: number of redirect actions exceeds 4",
      },
    ]);
  });

  it("tells of rspamd where it is", () => {
    const signing = `${printed}package rspamd installed 3.12.1-1\nunit rspamd.service failed\n`;
    expect(gradesOf(parseStatus(signing, "debian13"))).toEqual({
      ...gradesOf({}),
      rspamd: "ok: 3.12.1-1",
      "rspamd.service": "critical: failed",
    });
  });

  it.each([
    ["no place for mail", "disk 40% 12340000000\n", "", { disk: "critical: there is no place for mail" }],
    ["a package that is missing", "package postfix installed 3.10.5-1\n", "", { postfix: "critical: not installed" }],
    ["a package that was removed", "postfix installed", "postfix config-files", { postfix: "critical: not installed" }],
  ])("tells of %s, and the rest all the same", (_what, line, instead, finding) => {
    const answer = `${printed.replace(line, instead)}${message(now.getTime() / 1000)}`;
    const queue = "ok: 1 message, the oldest for 0.0 hours";
    expect(gradesOf(parseStatus(answer, "debian13"))).toEqual({ ...gradesOf({}), queue, ...finding });
  });
});

describe("of a service", () => {
  it.each([
    [21 * day, "ok", 21],
    [21 * day - hour, "warning", 20],
    [7 * day, "warning", 7],
    [7 * day - hour, "critical", 6],
    [-hour, "critical", -1],
  ])("a certificate with %d ms left is %s", (milliseconds, grade, days) => {
    expect(gradeVisits({ imap: visit(milliseconds) }, now)).toEqual([
      { name: "imap", grade, text: `answers as it should, certificate valid for ${days} days` },
    ]);
  });

  it("complaints are told, and critical", () => {
    const complaints = ["offers log-in (AUTH) before TLS", "greets with another name"];
    expect(gradeVisits({ smtp: visit(90 * day), submission: { complaints } }, now)).toMatchObject([
      { name: "smtp", grade: "ok" },
      { name: "submission", grade: "critical", text: "offers log-in (AUTH) before TLS; greets with another name" },
    ]);
  });
});

describe("of drift", () => {
  it.each([
    [[], "ok", /^the host is as it was deployed$/],
    [["mail-tables"], "warning", /^1 resource differs from .*: mail-tables; see: npm run pulumi -- preview --diff$/],
    [["mail-tables", "mail-postfix"], "warning", /^2 resources differ from .*: mail-tables, mail-postfix; /],
  ])("%j is %s", (resources, grade, text) => {
    expect(gradeDrift(resources)).toEqual({ name: "drift", grade, text: expect.stringMatching(text) });
  });
});

describe("of the last deployment", () => {
  it.each([
    ["update", "succeeded", "ok"],
    ["update", "failed", "warning"],
    ["destroy", "failed", "warning"],
  ])("%s that %s is %s", (kind, result, grade) => {
    expect(gradeDeployment({ kind, result }).grade).toBe(grade);
  });

  it("nothing is wrong where the stack has no history", () => {
    expect(gradeDeployment(undefined).grade).toBe("ok");
  });
});

describe("of what cannot be asked", () => {
  it("the reason is told in one line, and critical", () => {
    expect(gradeFailure("drift", new Error("the one\n  and the other\n"))).toEqual({
      name: "drift",
      grade: "critical",
      text: "the one; and the other",
    });
  });
});

describe("the whole", () => {
  it.each<[Grade[], Grade, number]>([
    [[], "ok", 0],
    [["ok", "ok"], "ok", 0],
    [["ok", "warning", "ok"], "warning", 1],
    [["critical", "warning", "ok"], "critical", 2],
  ])("of %j is %s, exit code %d", (grades, grade, code) => {
    const whole = worst(grades.map((grade) => ({ name: "x", grade, text: "" })));
    expect(whole).toBe(grade);
    expect(EXIT_CODES[whole]).toBe(code);
  });

  it("is one aligned line a finding", () => {
    const text = formatFindings([
      { name: "queue", grade: "ok", text: "0 messages" },
      { name: "postfix.service", grade: "critical", text: "failed" },
    ]);
    expect(text.split("\n")).toEqual(["ok        queue            0 messages", "critical  postfix.service  failed"]);
  });
});
