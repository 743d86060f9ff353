import { describe, expect, it } from "vitest";
import type { Target } from "../../../../provider/connection/target.ts";
import { errorsOf, parseDrift, subjectAt } from "../../../../tools/status/stack.ts";

const target: Target = { connection: "ssh", address: "192.0.2.1", port: 22, user: "root", hostKeys: [] };
const deployed = {
  hostname: "mail.domain.tld",
  certificateAuthority: null,
  certificateFingerprint: "CN=mail.domain.tld",
  endpoints: { smtp: { port: 25, address: "192.0.2.2" }, imap: { port: 143 } },
};

describe("what is visited", () => {
  it("is where a daemon listens, or else the target", () => {
    expect(subjectAt(target, deployed)).toEqual({
      hostname: "mail.domain.tld",
      certificateFingerprint: "CN=mail.domain.tld",
      endpoints: { smtp: { port: 25, address: "192.0.2.2" }, imap: { port: 143, address: "192.0.2.1" } },
    });
  });

  it("is the host's own address behind a jump host, where it is known, or else its name", () => {
    const behind = { ...target, proxyJump: target };
    expect(subjectAt(behind, deployed).endpoints.imap).toEqual({ port: 143, address: "mail.domain.tld" });
    const name = "mail.domain.tld";
    const dnsRecords = [
      { name, type: "MX", value: "10 mail.domain.tld.", reason: "mail" } as const,
      { name, type: "A", value: "203.0.113.10", reason: "the host's own name" } as const,
    ];
    expect(subjectAt(behind, { ...deployed, dnsRecords }).endpoints.imap).toEqual({
      port: 143,
      address: "203.0.113.10",
    });
  });

  it("is this machine where that is the host", () => {
    expect(subjectAt({ connection: "local" }, deployed).endpoints).toEqual({
      smtp: { port: 25, address: "192.0.2.2" },
      imap: { port: 143 },
    });
  });
});

it("the engine's own errors are taken out of its JSON, each once", () => {
  const error = { severity: "error", message: "error: Preview failed: root@192.0.2.1 port 22 cannot be reached\n" };
  const last = { severity: "error", message: "error: preview failed\n" };
  const diagnostics = [{ severity: "info", message: "hello" }, error, error, last];
  expect(errorsOf(JSON.stringify({ steps: [], diagnostics }))).toBe("root@192.0.2.1 port 22 cannot be reached");
  expect(errorsOf("error: passphrase must be set")).toBe("");
});

describe("drift", () => {
  const update = (name: string, before: object, after: object, op = "update") => ({
    op,
    urn: `urn:pulumi:x::mailhost::mailhost:host:X::${name}`,
    oldState: { outputs: before },
    newState: { outputs: after },
  });

  it("is what differs on the host, or is gone", () => {
    const steps = [
      update("mail-tree", { root: "/a" }, { root: "/a" }, "refresh"),
      update("mail-postfix", { running: true }, { running: false }),
      update("mail-dovecot", { running: true }, {}, "delete"),
    ];
    expect(parseDrift(JSON.stringify({ steps }))).toEqual(["mail-postfix", "mail-dovecot"]);
    expect(parseDrift("{}")).toEqual([]);
  });

  it("is no certificate that the host has renewed", () => {
    const attributes = { "/etc/ssl/private/mailhost.pem": "root:root 0600" };
    const fingerprints = (file: string, fingerprint: string) => ({ attributes, fingerprints: { [file]: fingerprint } });
    const [renewed, ours] = ["/var/lib/mailhost/acme/certificate.pem", "/etc/ssl/private/mailhost.pem"];
    const steps = [
      update(
        "mail-acme",
        { certificate: "good", certificateChain: "a" },
        { certificate: "good", certificateChain: "b" },
      ),
      update("mail-configuration", fingerprints(renewed, "a"), fingerprints(renewed, "b")),
      update("edited", fingerprints(ours, "a"), fingerprints(ours, "b")),
      update("due", { certificate: "good", certificateChain: "a" }, { certificate: "due", certificateChain: "a" }),
    ];
    expect(parseDrift(JSON.stringify({ steps }))).toEqual(["edited", "due"]);
  });
});
