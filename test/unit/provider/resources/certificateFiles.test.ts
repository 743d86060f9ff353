import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Operation } from "../../../../provider/protocol/resource.ts";
import { certificateFiles } from "../../../../provider/resources/certificateFiles.ts";
import type { HostContext } from "../../../../provider/resources/hostResource.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";
import { makeCertificate } from "../../components/certificates.ts";

const names = ["mail.domain.tld"];
const authority = await makeCertificate("authority", { to: 90 });
const issued = await makeCertificate("mail.domain.tld", { names, issuer: authority, to: 90 });
const other = await makeCertificate("mail.domain.tld", { names, issuer: authority, to: 90 });
const chain = `${issued.certificate}\n${authority.certificate}\n`;

const folder = useTemporaryFolder();
const certificateFile = () => join(folder(), "fullchain.pem");
const privateKeyFile = () => join(folder(), "privkey.pem");
const inputs = () => ({ certificateFile: certificateFile(), privateKeyFile: privateKeyFile(), names, usable: true });

let host: LocalHost;

beforeEach(() => {
  host = new LocalHost(join(folder(), "host"));
  writeFileSync(certificateFile(), chain);
  writeFileSync(privateKeyFile(), issued.privateKey);
});

const operation = (preview = true): Operation<HostContext> => ({ context: host.context(), log: () => {}, preview });
const preview = () => certificateFiles.create(operation(), inputs());

describe("files of certificate and key", () => {
  test("tell the certificates at the first preview already, and nothing else that lies beside them", async () => {
    writeFileSync(certificateFile(), `Bag Attributes\n${issued.privateKey}${chain}-----BEGIN CERTIFICATE-----\n`);
    expect(await preview()).toMatchObject({ usable: true, certificateChain: chain });
  });

  test("may be links", async () => {
    rmSync(certificateFile());
    mkdirSync(join(folder(), "archive"));
    writeFileSync(join(folder(), "archive", "fullchain7.pem"), chain);
    symlinkSync("archive/fullchain7.pem", certificateFile());
    expect(await preview()).toMatchObject({ certificateChain: chain });
  });

  test("are not changed, nor removed", async () => {
    const state = await certificateFiles.create(operation(false), inputs());
    await certificateFiles.delete(operation(false), state);
    expect(await preview()).toMatchObject({ certificateChain: chain });
  });

  test("that cannot be used any more are a change, which the preview then refuses", async () => {
    const state = await certificateFiles.create(operation(false), inputs());
    expect(await certificateFiles.read(operation(false), "certificate-files", state, inputs())).toEqual(state);
    writeFileSync(privateKeyFile(), other.privateKey);
    const seen = await certificateFiles.read(operation(false), "certificate-files", state, inputs());
    expect(seen).toMatchObject({ usable: false });
    await expect(certificateFiles.update(operation(), seen ?? {}, inputs())).rejects.toThrow(
      `mailhost:tls.privateKeyFile: ${privateKeyFile()} on the host: does not belong to the certificate of CN=mail.domain.tld`,
    );
  });
});

describe("a preview refuses, with key and file,", () => {
  test("files that are not there, both at once", async () => {
    rmSync(certificateFile());
    rmSync(privateKeyFile());
    const [first, second] = (await preview().catch(String)).toString().split("\n");
    expect(first).toContain(`mailhost:tls.certificateFile: there is no file ${certificateFile()} on the host`);
    expect(second).toContain(`mailhost:tls.privateKeyFile: there is no file ${privateKeyFile()} on the host`);
  });

  test("a certificate of another name", async () => {
    const mistaken = certificateFiles.create(operation(), { ...inputs(), names: ["imap.domain.tld"] });
    await expect(mistaken).rejects.toThrow(
      `mailhost:tls.certificateFile: ${certificateFile()} on the host: must cover the name imap.domain.tld`,
    );
  });

  test("a key that cannot be read, without showing any of it", async () => {
    const broken = issued.privateKey.replace("\n", "\n!");
    writeFileSync(privateKeyFile(), broken);
    const refusal = await preview().catch(String);
    expect(refusal).toContain(`mailhost:tls.privateKeyFile: ${privateKeyFile()} on the host: must be a private key`);
    expect(refusal).not.toContain(broken.split("\n")[1]);
  });
});
