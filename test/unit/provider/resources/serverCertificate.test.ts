import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { issueServer } from "../../../../provider/certificates/issue.ts";
import { parseKept } from "../../../../provider/certificates/keptCertificate.ts";
import type { Operation } from "../../../../provider/protocol/resource.ts";
import type { Properties } from "../../../../provider/protocol/values.ts";
import { UNKNOWN } from "../../../../provider/protocol/values.ts";
import type { HostContext } from "../../../../provider/resources/hostResource.ts";
import { serverCertificate } from "../../../../provider/resources/serverCertificate.ts";
import { certificatesOf } from "../../../../shared/certificates/certificateChain.ts";
import { isTrusted } from "../../../helpers/handshake.ts";
import { LocalHost } from "../../../helpers/localHost.ts";
import { useTemporaryFolder } from "../../../helpers/temporaryFolder.ts";
import { makeCertificate } from "../../components/certificates.ts";

const tenYears = 3650;
const first = await makeCertificate("authority", { to: tenYears });
/** What a program makes that has lost the state of the first. */
const second = await makeCertificate("authority", { to: tenYears });
const names = ["mail.domain.tld", "imap.domain.tld"];
const inputs = (authority = first, wanted = names) => ({
  names: wanted,
  authority: authority.certificate,
  authorityKey: authority.privateKey,
  usable: true,
});

const folder = useTemporaryFolder();
const keptFile = () => join(folder(), "host", "state", "server-certificate.pem");
const log = vi.fn();
let host: LocalHost;

beforeEach(() => {
  host = new LocalHost(join(folder(), "host"));
  log.mockClear();
});

afterEach(() => {
  vi.useRealTimers();
});

const operation = (preview = false): Operation<HostContext> => ({ context: host.context(), log, preview });
const create = (wanted: Properties = inputs()) => serverCertificate.create(operation(), wanted);
const update = (state: Properties, wanted: Properties) => serverCertificate.update(operation(), state, wanted);
const refresh = async (state: Properties, wanted: Properties = inputs()) =>
  (await serverCertificate.read(operation(), "server-certificate", state, wanted)) ?? {};

const serverOf = (state: Properties) => new X509Certificate(certificatesOf(String(state.certificateChain))[0] ?? "");
const shown = (state: Properties) => ({ key: String(state.privateKey), cert: String(state.certificateChain) });
const later = (days: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + days * 24 * 3600 * 1000 });

describe("a certificate", () => {
  test("is trusted by clients of the authority, for each of its names, and the authority's key is not on the host", async () => {
    const state = await create();
    for (const name of names) expect(await isTrusted(shown(state), name, first.certificate)).toBe(true);
    expect(await isTrusted(shown(state), "other.tld", first.certificate)).toBe(false);
    expect(state.certificateAuthority).toBe(`${first.certificate}\n`);
    const kept = readFileSync(keptFile(), "utf8");
    expect(kept).not.toContain(first.privateKey.split("\n")[2]);
    expect(readFileSync(join(host.folder, "state", "manifest.json"), "utf8")).not.toContain("PRIVATE KEY");
    expect(await refresh(state)).toEqual(state);
  });

  test("of another name cannot be signed by what the host keeps", async () => {
    await create();
    const { issuer } = parseKept(readFileSync(keptFile(), "utf8")) ?? expect.unreachable();
    const forged = await issueServer(issuer, ["bank.tld"], new Date());
    const pair = { key: forged.privateKey, cert: forged.certificate + issuer.certificate };
    expect(await isTrusted(pair, "bank.tld", first.certificate)).toBe(false);
  });

  test("for other names is another, of the same authority", async () => {
    const state = await create();
    const changed = await update(state, inputs(first, ["mail.domain.tld", "smtp.domain.tld"]));
    expect(await isTrusted(shown(changed), "smtp.domain.tld", first.certificate)).toBe(true);
    expect(await isTrusted(shown(changed), "imap.domain.tld", first.certificate)).toBe(false);
    expect(log).not.toHaveBeenCalled();
  });

  test("is renewed in its last 30 days", async () => {
    const state = await create();
    later(367);
    expect(await refresh(state)).toEqual(state);
    later(2);
    const due = await refresh(state);
    expect(due).toEqual({ ...state, usable: false });
    const renewed = await update(due, inputs());
    expect(serverOf(renewed).validToDate.getTime()).toBeGreaterThan(serverOf(state).validToDate.getTime());
    expect(renewed.certificateAuthority).toBe(state.certificateAuthority);
  });

  test("is of another authority where another one is given, and the preview says so", async () => {
    const state = await create();
    await serverCertificate.update(operation(true), state, inputs(second));
    expect(log).toHaveBeenCalledWith("warning", expect.stringContaining("clients must trust the new one"));
    const changed = await update(state, inputs(second));
    expect(await isTrusted(shown(changed), "mail.domain.tld", second.certificate)).toBe(true);
  });

  test("that is gone from the host, or is on another host by now, is put there as it was", async () => {
    const state = await create();
    rmSync(keptFile());
    const gone = await refresh(state);
    expect(gone).toEqual({ ...state, usable: false });
    expect(await update(gone, inputs())).toEqual(state);
    host = new LocalHost(join(folder(), "host2"), { hostId: "1".repeat(32) });
    expect(await update(await refresh(state), inputs())).toEqual({ ...state, hostId: "1".repeat(32) });
  });

  test("goes with its resource", async () => {
    await serverCertificate.delete(operation(), await create());
    expect(existsSync(keptFile())).toBe(false);
  });
});

describe("where the state is lost", () => {
  test("the certificate stays, whatever authority the program has made since", async () => {
    const before = await create();
    const planned = { ...inputs(second), authority: UNKNOWN, authorityKey: UNKNOWN };
    await serverCertificate.create(operation(true), planned);
    const state = await create(inputs(second));
    for (const name of ["privateKey", "certificateChain", "certificateAuthority"]) {
      expect(state[name]).toBe(before[name]);
    }
    expect(await refresh(state, inputs(second))).toEqual(state);
    expect(log).not.toHaveBeenCalled();
  });

  test("it can be imported, and stays as well", async () => {
    const before = await create();
    const imported = await serverCertificate.read(operation(), "server-certificate", undefined, undefined);
    expect(imported).toMatchObject({ names, usable: true });
    const state = await update(imported ?? {}, inputs(second));
    expect(state.certificateChain).toBe(before.certificateChain);
  });

  test("it is renewed, and loses names, under the authority that clients know", async () => {
    await create();
    const state = await create(inputs(second));
    later(369);
    const renewed = await update(await refresh(state, inputs(second)), inputs(second, ["mail.domain.tld"]));
    expect(serverOf(renewed).subjectAltName).toBe("DNS:mail.domain.tld");
    expect(serverOf(renewed).validToDate.getTime()).toBeGreaterThan(serverOf(state).validToDate.getTime());
    expect(renewed.certificateAuthority).toBe(state.certificateAuthority);
  });

  test("a new name needs the new authority, and the preview says so", async () => {
    await create();
    const state = await create(inputs(second));
    const wanted = inputs(second, [...names, "smtp.domain.tld"]);
    await serverCertificate.update(operation(true), state, wanted);
    expect(log).toHaveBeenCalledWith("warning", expect.stringContaining("clients must trust the new one"));
    const changed = await update(state, wanted);
    expect(await isTrusted(shown(changed), "smtp.domain.tld", second.certificate)).toBe(true);
  });

  test("what the host keeps is replaced where it is of no use", async () => {
    await create();
    later(tenYears - 100);
    const third = await makeCertificate("authority", { to: tenYears });
    const state = await create(inputs(third));
    expect(state.certificateAuthority).toBe(`${third.certificate}\n`);
  });
});
