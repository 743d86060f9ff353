import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Operation } from "../../../../provider/protocol/resource.ts";
import { UNKNOWN } from "../../../../provider/protocol/values.ts";
import { acmeCertificate } from "../../../../provider/resources/acmeCertificate.ts";
import type { HostContext } from "../../../../provider/resources/hostResource.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";
import { makeCertificate, type TestCertificate } from "../../components/certificates.ts";

const names = ["mail.domain.tld", "imap.domain.tld"];
const directory = "https://authority.example/dir";
const authority = await makeCertificate("authority", { to: 400 });
const issue = (args: object = {}) => makeCertificate("mail", { names, issuer: authority, from: -1, to: 89, ...args });
const [good, other, due] = [await issue(), await issue(), await issue({ from: -70, to: 20.5 })];
const inputs = {
  directory,
  names,
  httpChallenge: false,
  files: {},
  attributes: {},
  secretFiles: {},
  certificate: "good",
} as const;

const folder = useTemporaryFolder();
let host: LocalHost;
let said: string[] = [];

beforeEach(() => {
  host = new LocalHost(join(folder(), "host"));
  mkdirSync(join(host.folder, "state", "acme"));
  said = [];
});

const operation = (preview: boolean): Operation<HostContext> => ({
  context: host.context(),
  log: (severity, message) => said.push(`${severity}: ${message}`),
  preview,
});
const chainOf = ({ certificate }: TestCertificate) => `${certificate}\n${authority.certificate}\n`;
const lastDay = new Date(Date.now() + 20.5 * 24 * 3600 * 1000).toISOString().slice(0, 10);

/** Puts what the host has obtained where it keeps it. */
function put(pair: Pick<TestCertificate, "privateKey"> & TestCertificate, from = directory): void {
  const text = `Issued by ${from}\n${pair.privateKey}${chainOf(pair)}`;
  writeFileSync(join(host.folder, "state", "acme", "certificate.pem"), text);
}

const preview = (wanted = {}) => acmeCertificate.create(operation(true), { ...inputs, ...wanted });
const look = () => acmeCertificate.read(operation(false), "acme-certificate", { ...inputs, instance: "x" }, inputs);

describe("a certificate by ACME", () => {
  test("that is there and good is known to a preview, and not asked for", async () => {
    put(good);
    expect(await preview()).toMatchObject({ certificateChain: chainOf(good), certificate: "good" });
    expect(await acmeCertificate.create(operation(false), inputs)).toMatchObject({ certificateChain: chainOf(good) });
    expect(said).toEqual([]);
  });

  test.each([
    ["of other names", async () => put(await issue({ names: ["mail.domain.tld"] })), { names: ["mail.domain.tld"] }],
    [
      "of another directory",
      () => put(good, "https://staging.example/dir"),
      { directory: "https://staging.example/dir" },
    ],
    ["soon at its end", () => put(due), { certificate: `renewal is due: it ends on ${lastDay}` }],
    [
      "of another key",
      () => put({ ...good, privateKey: other.privateKey }),
      { certificate: "does not belong to the certificate of CN=mail" },
    ],
  ])("that is %s is a change, whose outcome a preview does not know", async (_, arrange, seen) => {
    await arrange();
    expect(await look()).toMatchObject(seen);
    expect(await preview()).toMatchObject({ certificateChain: UNKNOWN });
  });

  test("that is not there at all is none that the engine may know", async () => {
    expect(await look()).toBeUndefined();
    expect(await preview()).toMatchObject({ certificateChain: UNKNOWN });
  });

  test("names may stand in another order", async () => {
    put(await issue({ names: names.toReversed() }));
    expect(await look()).toMatchObject({ names, certificate: "good" });
  });

  test("that cannot be obtained fails a deployment, but for one that is due and valid", async () => {
    // The program is not on this machine.
    await expect(acmeCertificate.create(operation(false), inputs)).rejects.toThrow(/mailhost-acme/);
    put(due, "https://staging.example/dir");
    await expect(acmeCertificate.create(operation(false), inputs)).rejects.toThrow(/mailhost-acme/);
    put(due);
    said = [];
    expect(await acmeCertificate.create(operation(false), inputs)).toMatchObject({ certificateChain: chainOf(due) });
    expect(said).toEqual([
      `progress: asking ${directory} for a certificate of ${names.join(", ")}`,
      expect.stringMatching(/^warning: the certificate that is there stays in use: .*mailhost-acme/),
    ]);
  });

  test("what the last attempt failed with is told by a preview that would try again", async () => {
    writeFileSync(join(host.folder, "state", "acme", "failure"), "2026-11-29: no certificate:\nconnection refused\n");
    put(good);
    await preview();
    expect(said).toEqual([]);
    put(due);
    await preview();
    const failure = "2026-11-29: no certificate:\nconnection refused";
    expect(said).toEqual([`warning: the last attempt to obtain a certificate failed: ${failure}`]);
  });
});
