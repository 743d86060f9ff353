import { createHash } from "node:crypto";
import type { ResolvedMailHost } from "../../shared/model/resolvedMailHost.ts";
import { renderTemplate } from "../../shared/templates.ts";
import { describeServices } from "../listeners.ts";
import type { Settings } from "../settings/schema.ts";

type MtaStsMode = NonNullable<Settings["dns"]["mtaSts"]>;

/** URL to text of what a web server tells of each domain. */
export function webFiles(host: ResolvedMailHost, { webServer, mtaSts }: Settings["dns"]): Record<string, string> {
  if (webServer === undefined) return {};
  return Object.fromEntries(
    host.domains.flatMap(({ name }) => [
      [`https://autoconfig.${name}/mail/config-v1.1.xml`, renderAutoconfig(name, host)],
      ...(mtaSts === undefined
        ? []
        : [[`https://mta-sts.${name}/.well-known/mta-sts.txt`, renderMtaStsPolicy(host.hostname, mtaSts)]]),
    ]),
  );
}

/** What tells one policy from another, in letters and digits: RFC 8461, 3.1. */
export function mtaStsId(hostname: string, mode: MtaStsMode): string {
  return createHash("sha256").update(renderMtaStsPolicy(hostname, mode)).digest("hex").slice(0, 32);
}

/** RFC 8461, 3.2: its lines end as those of SMTP. A week is what most servers have. */
function renderMtaStsPolicy(hostname: string, mode: MtaStsMode): string {
  return ["version: STSv1", `mode: ${mode}`, `mx: ${hostname}`, "max_age: 604800", ""].join("\r\n");
}

/** See https://www.ietf.org/archive/id/draft-ietf-mailmaint-autoconfig-00.html. */
function renderAutoconfig(domain: string, host: ResolvedMailHost): string {
  const { imap, imaps, submission, submissions } = describeServices(host, ({ port }) => port);
  return renderTemplate("web/mail/config-v1.1.xml", {
    domain,
    hostname: host.hostname,
    // TLS from the first byte comes first (RFC 8314, 3).
    incoming: servers(imaps, imap),
    outgoing: servers(submissions, submission),
  });
}

function servers(tls: number | undefined, startTls: number): { port: number; socketType: string }[] {
  return [...(tls === undefined ? [] : [{ port: tls, socketType: "SSL" }]), { port: startTls, socketType: "STARTTLS" }];
}
