import type { AcceptanceSubject, PerService, ServiceAddress } from "../shared/services.ts";
import { ownAddress } from "./ownAddress.ts";
import {
  type Service,
  type Visit,
  visitImap,
  visitImaps,
  visitSmtp,
  visitSubmission,
  visitSubmissions,
} from "./services.ts";

type ServiceName = keyof PerService<unknown>;

/** In the order of the report. */
const VISITS: Record<ServiceName, (service: Service) => Promise<Visit>> = {
  smtp: visitSmtp,
  submission: visitSubmission,
  submissions: visitSubmissions,
  imap: visitImap,
  imaps: visitImaps,
};

/** Visits every service of a mail host from where this runs: see services.ts for what each must do. */
export async function visitMailHost(subject: AcceptanceSubject): Promise<Partial<PerService<Visit>>> {
  const { endpoints, ...identity } = subject;
  const visits = Object.entries(VISITS).map(async ([name, visit]) => {
    const endpoint = endpoints[name as ServiceName];
    return endpoint === undefined ? [] : [[name, await visit({ ...located(endpoint), identity })] as const];
  });
  return Object.fromEntries((await Promise.all(visits)).flat());
}

/** One line a complaint, such as `submission (203.0.113.10 port 587): offers log-in (AUTH) before TLS`. */
export async function acceptanceComplaints(subject: AcceptanceSubject): Promise<string[]> {
  const visits = await visitMailHost(subject);
  return Object.entries(subject.endpoints).flatMap(([name, endpoint]) => {
    const { address, port } = located(endpoint);
    const complaints = visits[name as ServiceName]?.complaints ?? [];
    return complaints.map((complaint) => `${name} (${address} port ${port}): ${complaint}`);
  });
}

function located({ address = ownAddress(), port }: ServiceAddress) {
  return { address, port };
}
