import { ownAddress } from "./ownAddress.ts";
import { type Service, type Visit, visitImap, visitSmtp, visitSubmission } from "./services.ts";

/** What the check is told: where the services are and who they must prove to be. */
export interface AcceptanceSubject {
  hostname: string;
  /** PEM text; absent where the certificate is of a public authority. */
  certificateAuthority?: string;
  endpoints: Record<"smtp" | "submission" | "imap", Endpoint>;
}

/** Where a service is; without an address, on the machine that the check runs on. */
export interface Endpoint {
  address?: string | undefined;
  port: number;
}

const VISITS = { smtp: visitSmtp, submission: visitSubmission, imap: visitImap } as const;

/** Visits every service of a mail host from where this runs: see services.ts for what each must do. */
export async function visitMailHost(subject: AcceptanceSubject): Promise<Record<keyof typeof VISITS, Visit>> {
  const { hostname, certificateAuthority, endpoints } = subject;
  const service = (name: keyof typeof VISITS): Service => ({
    ...located(endpoints[name]),
    identity: { hostname, certificateAuthority },
  });
  const [smtp, submission, imap] = await Promise.all([
    VISITS.smtp(service("smtp")),
    VISITS.submission(service("submission")),
    VISITS.imap(service("imap")),
  ]);
  return { smtp, submission, imap };
}

/** One line a complaint, such as `submission (203.0.113.10 port 587): offers log-in (AUTH) before TLS`. */
export async function acceptanceComplaints(subject: AcceptanceSubject): Promise<string[]> {
  const visits = await visitMailHost(subject);
  return Object.entries(visits).flatMap(([name, { complaints }]) => {
    const { address, port } = located(subject.endpoints[name as keyof typeof visits]);
    return complaints.map((complaint) => `${name} (${address} port ${port}): ${complaint}`);
  });
}

function located({ address = ownAddress(), port }: Endpoint) {
  return { address, port };
}
