import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { acmeProgram, renderAcmeCredentials } from "../../../../../shared/daemons/lego/acmeFiles.ts";
import { renderTemplate } from "../../../../../shared/templates.ts";
import { useTemporaryFolder } from "../../../../helpers/temporaryFolder.ts";
import { makeCertificate, type TestCertificate } from "../../../components/certificates.ts";

const directory = "https://authority.example/dir";
const names = ["mail.domain.tld", "imap.domain.tld"];
const authority = await makeCertificate("authority", { to: 400 });
const issue = (args: object = {}) =>
  makeCertificate("mail.domain.tld", { names, issuer: authority, from: -1, to: 89, ...args });
const [fresh, other, due] = [await issue(), await issue(), await issue({ from: -70, to: 20 })];

const folder = useTemporaryFolder();
const place = (name: string) => join(folder(), name);
const write = (name: string, text: string) => {
  mkdirSync(dirname(place(name)), { recursive: true });
  writeFileSync(place(name), text);
};
const read = (name: string) => (existsSync(place(name)) ? readFileSync(place(name), "utf8") : undefined);

const chainOf = ({ certificate }: TestCertificate) => `${certificate}\n${authority.certificate}\n`;
/** The file that the daemons read. */
const bundleOf = (pair: TestCertificate, from = directory) => `Issued by ${from}\n${pair.privateKey}${chainOf(pair)}`;
const use = (pair: TestCertificate, from?: string) => write("state/acme/certificate.pem", bundleOf(pair, from));
const inUse = () => read("state/acme/certificate.pem");
const served = () => read("served");

/** Has the authority issue this certificate, whatever it is asked. */
function issues(pair: Pick<TestCertificate, "certificate" | "privateKey">): void {
  write("issued.crt", `${pair.certificate}\n${authority.certificate}\n`);
  write("issued.key", pair.privateKey);
}

/** Programs of the host, in the place of which these stand. A reload has the daemons show what lies there. */
const programs = {
  lego: `echo "$@" >>$root/asked
    mkdir -p $root/state/acme/lego/certificates && cd $root/state/acme/lego/certificates &&
    cp $root/issued.crt mail.domain.tld.crt && cp $root/issued.key mail.domain.tld.key`,
  postfix: "cp $root/state/acme/certificate.pem $root/served",
  doveadm: "[ ! -e $root/dovecot-is-down ]",
  openssl: `[ "$1" = s_client ] || exec /usr/bin/openssl "$@"
    cat $root/served
    [ "$(cat $root/dovecot-is-down 2>/dev/null)" != "$3" ]`,
  // Nothing changes by waiting.
  sleep: ":",
};

function put(program: string, text: string): void {
  write(`bin/${program}`, `#!/bin/sh\nroot=${folder()}\n${text}\n`);
  chmodSync(place(`bin/${program}`), 0o755);
}

interface Ending {
  code: number;
  stderr: string;
}

function run(mode: string): Promise<Ending> {
  const text = renderTemplate(`lego${acmeProgram}`, {})
    .replaceAll("/var/lib/mailhost", place("state"))
    .replaceAll("/etc/mailhost", place("etc"));
  const env = { PATH: `${place("bin")}:/usr/bin:/bin` };
  return new Promise((resolve) => {
    execFile("sh", ["-c", text, "mailhost-acme", mode], { env }, (error, _, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stderr }),
    );
  });
}

beforeEach(() => {
  mkdirSync(place("state"));
  const listeners = "smtp=*:25 tls=*:993";
  const settings = { directory, email: "a@domain.tld", names, challenge: "--http", listeners: listeners.split(" ") };
  write("etc/acme.conf", renderTemplate("lego/etc/mailhost/acme.conf", { ...settings, authorityFile: null }));
  for (const [program, text] of Object.entries(programs)) put(program, text);
  issues(fresh);
});

describe("issue", () => {
  test("asks the authority for all names, and keeps key, certificate and chain in one file for root", async () => {
    expect(await run("issue")).toEqual({ code: 0, stderr: "" });
    expect(inUse()).toBe(bundleOf(fresh));
    const asked = `--accept-tos --path ${place("state/acme/lego")} --server ${directory} --email a@domain.tld --http`;
    expect(read("asked")).toBe(`${asked} --domains mail.domain.tld --domains imap.domain.tld run\n`);
  });

  test.each([
    ["of other names", () => issue({ names: ["mail.domain.tld"] }), directory],
    ["of more names", () => issue({ names: [...names, "smtp.domain.tld"] }), directory],
    ["of another directory", () => other, "https://staging.example/dir"],
    ["with a third of its time left", () => due, directory],
    ["that is not valid yet", () => issue({ from: 1 }), directory],
    ["of another key", async () => ({ ...other, privateKey: due.privateKey }), directory],
  ])("replaces a certificate %s", async (_, make, from) => {
    use(await make(), from);
    expect(await run("issue")).toEqual({ code: 0, stderr: "" });
    expect(inUse()).toBe(bundleOf(fresh));
  });

  test("leaves a good certificate alone", async () => {
    use(other);
    expect(await run("issue")).toEqual({ code: 0, stderr: "" });
    expect([inUse(), read("asked")]).toEqual([bundleOf(other), undefined]);
  });

  test.each([
    ["of other names", () => issue({ names: ["mail.domain.tld"] }), "is for other names"],
    ["of another key", async () => ({ ...other, privateKey: due.privateKey }), "has a key of another certificate"],
    ["without time", () => due, "has less than a third of its time left"],
  ])("refuses a certificate of the authority %s", async (_, make, reason) => {
    use(due);
    issues(await make());
    const said = `the certificate that ${directory} issued ${reason}\n`;
    expect(await run("issue")).toEqual({ code: 1, stderr: said });
    expect(inUse()).toBe(bundleOf(due));
  });

  test("tells what the authority says, without the steps that went well and without credentials", async () => {
    use(due);
    const secrets = { DUCKDNS_TOKEN: "secret'token.*", DUCKDNS_TTL: "60" };
    write("etc/acme.env", renderAcmeCredentials(secrets));
    put(
      "lego",
      'echo "2026/11/29 11:39:32 [INFO] acme: Trying to solve DNS-01"; echo "2026/11/29 11:39:32 Could not obtain: https://x/?token=$DUCKDNS_TOKEN&again=$DUCKDNS_TOKEN 60" >&2; exit 1',
    );
    const said = `mailhost:tls: ${directory} issued no certificate for ${names.join(" ")}:\nCould not obtain: https://x/?token=[DUCKDNS_TOKEN]&again=[DUCKDNS_TOKEN] 60\n`;
    expect(await run("issue")).toEqual({ code: 1, stderr: said });
    expect(inUse()).toBe(bundleOf(due));
    expect(read("state/acme/failure")).toMatch(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d: mailhost:tls: ${directory} issued no certificate`),
    );
    put("lego", programs.lego);
    await run("issue");
    expect(read("state/acme/failure")).toBeUndefined();
  });
});

describe("renew", () => {
  test("has the daemons show the new certificate", async () => {
    use(due);
    write("served", bundleOf(due));
    expect(await run("renew")).toEqual({ code: 0, stderr: "" });
    expect([inUse(), served()]).toEqual([bundleOf(fresh), bundleOf(fresh)]);
  });

  test("does nothing where a good certificate is shown", async () => {
    use(other);
    write("served", bundleOf(other));
    put("postfix", "exit 1");
    expect(await run("renew")).toEqual({ code: 0, stderr: "" });
    expect(read("asked")).toBeUndefined();
  });

  test("has the daemons show a good certificate that they do not show", async () => {
    use(other);
    write("served", bundleOf(due));
    expect(await run("renew")).toEqual({ code: 0, stderr: "" });
    expect([served(), read("asked")]).toEqual([bundleOf(other), undefined]);
  });

  test("puts the previous certificate back where a port does not show the new one, and tries that again later", async () => {
    use(due);
    write("served", bundleOf(due));
    put(
      "postfix",
      `grep -q "$(sed -n 3p ${place("issued.key")})" $root/state/acme/certificate.pem || ${programs.postfix}`,
    );
    const { code, stderr } = await run("renew");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^the certificate is not shown on \*:25 \*:993 \nThe previous certificate is back in use\.$/m,
    );
    expect([inUse(), served()]).toEqual([bundleOf(due), bundleOf(due)]);
    put("postfix", programs.postfix);
    expect(await run("renew")).toEqual({ code: 0, stderr: "" });
    expect(served()).toBe(bundleOf(fresh));
    expect(read("asked")?.trim().split("\n")).toHaveLength(1);
  });
});

describe("whatever program of the host fails,", () => {
  const failing = [
    "awk",
    "cat",
    "cp",
    "cut",
    "date",
    "flock",
    "head",
    "lego",
    "mkdir",
    "mv",
    "openssl",
    "sed",
    "sort",
    "sync",
    "tr",
  ];

  test.each(failing)("%s: the old or the new certificate is there, and the exit status says which", async (program) => {
    use(due);
    write("served", bundleOf(due));
    put(program, "echo broken >&2; exit 1");
    const { code, stderr } = await run("renew");
    if (code === 0) {
      expect([inUse(), served()]).toEqual([bundleOf(fresh), bundleOf(fresh)]);
    } else {
      expect(stderr).not.toBe("");
      expect([inUse(), served()]).toEqual([bundleOf(due), bundleOf(due)]);
    }
  });
});
