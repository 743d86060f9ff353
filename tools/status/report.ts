import type { Visit } from "../../acceptance/services.ts";
import { lockedHomeProblems } from "../../provider/mail/homes.ts";
import { vmail } from "../../shared/accounts.ts";
import type { Comparison } from "../dns/compareRecords.ts";
import type { HostStatus } from "./hostStatus.ts";
import type { Operation } from "./stack.ts";

/** As monitoring plugins grade: https://www.monitoring-plugins.org/doc/guidelines.html#AEN78 */
export type Grade = "ok" | "warning" | "critical";

export const EXIT_CODES: Record<Grade, number> = { ok: 0, warning: 1, critical: 2 };

/** One line of the status. */
export interface Finding {
  name: string;
  grade: Grade;
  text: string;
}

const DAY_MS = 86_400_000;
/** A certificate with fewer days is one that renewal has missed. */
const CERTIFICATE_WARNING_DAYS = 21;
const CERTIFICATE_CRITICAL_DAYS = 7;
/** Mail that waits longer than a few retries does not go away by itself. */
const QUEUE_WARNING_HOURS = 4;
/** One line is read by people too. */
const SCRIPTS_SHOWN = 5;
const DISK_WARNING_PERCENT = 85;
const DISK_CRITICAL_PERCENT = 95;

/** The worst of all grades. */
export function worst(findings: readonly Finding[]): Grade {
  const grades = findings.map(({ grade }) => grade);
  return grades.includes("critical") ? "critical" : grades.includes("warning") ? "warning" : "ok";
}

export function gradeHost(
  { system, versions, units, queue, failedScripts, disk, lockedHomes, acmeFailure, earlier }: HostStatus,
  now: Date,
): Finding[] {
  const hours = queue.oldest === undefined ? 0 : (now.getTime() - queue.oldest.getTime()) / 3_600_000;
  const oldest = queue.oldest === undefined ? "" : `, the oldest for ${hours.toFixed(1)} hours`;
  return [
    { name: "system", grade: "ok", text: system },
    ...Object.entries(versions).map(
      ([name, version]): Finding => ({
        name,
        grade: version === undefined ? "critical" : "ok",
        text: version ?? "not installed",
      }),
    ),
    ...Object.entries(units).map(
      ([name, state]): Finding => ({
        name,
        grade: state === "active" ? "ok" : "critical",
        text: state,
      }),
    ),
    {
      name: "queue",
      grade: hours > QUEUE_WARNING_HOURS ? "warning" : "ok",
      text: `${queue.messages === 1 ? "1 message" : `${queue.messages} messages`}${oldest}`,
    },
    gradeScripts(failedScripts),
    gradeDisk(disk),
    ...lockedHomeProblems(lockedHomes, `${vmail.name}:${vmail.group}`).map(
      (text): Finding => ({ name: "homes", grade: "critical", text }),
    ),
    ...(acmeFailure === undefined ? [] : [gradeAcmeFailure(acmeFailure)]),
    ...earlier.toReversed().map(
      ({ number, until, changed }): Finding => ({
        name: "earlier",
        grade: "ok",
        text: `configuration ${number}, in force until ${until}, when it changed in ${changed.join(", ")}`,
      }),
    ),
  ];
}

function gradeAcmeFailure(failure: string): Finding {
  return {
    name: "certificate",
    grade: "warning",
    text: `the last attempt to obtain one failed: ${onOneLine(failure)}; see: journalctl -u mailhost-acme`,
  };
}

function gradeScripts(failed: HostStatus["failedScripts"]): Finding {
  if (failed.length === 0) return { name: "sieve", grade: "ok", text: "no failure of a script" };
  const shown = failed.slice(0, SCRIPTS_SHOWN).map(({ address, said }) => `${address} (${said})`);
  const rest = failed.length > shown.length ? ` and of ${failed.length - shown.length} others` : "";
  return {
    name: "sieve",
    grade: "warning",
    text: `the script failed at a delivery for ${shown.join(", ")}${rest}; see .dovecot.sieve.log in the user's home`,
  };
}

function gradeDisk(disk: HostStatus["disk"]): Finding {
  if (disk === undefined) return { name: "disk", grade: "critical", text: "there is no place for mail" };
  const { usedPercent: full, freeBytes } = disk;
  return {
    name: "disk",
    grade: full >= DISK_CRITICAL_PERCENT ? "critical" : full >= DISK_WARNING_PERCENT ? "warning" : "ok",
    text: `${full} % used, ${(freeBytes / 1e9).toFixed(1)} GB free`,
  };
}

/** Each port as it is met from here, with the days that its certificate has left. */
export function gradeVisits(visits: Readonly<Record<string, Visit>>, now: Date): Finding[] {
  return Object.entries(visits).map(([name, { complaints, certificate }]) => {
    if (complaints.length > 0) return { name, grade: "critical", text: complaints.join("; ") };
    const days =
      certificate === undefined ? 0 : Math.floor((Date.parse(certificate.valid_to) - now.getTime()) / DAY_MS);
    const grade = days < CERTIFICATE_CRITICAL_DAYS ? "critical" : days < CERTIFICATE_WARNING_DAYS ? "warning" : "ok";
    return { name, grade, text: `answers as it should, certificate valid for ${days} days` };
  });
}

/** What a failed deployment had still to make is no drift: the state knows nothing of it. */
export function gradeDeployment(last: Operation | undefined): Finding {
  const name = "deployment";
  if (last?.result !== "failed") return { name, grade: "ok", text: "the last one was completed" };
  const advice = "something may still have to be done; see: npm run pulumi -- preview --diff";
  return { name, grade: "warning", text: `the last one (${last.kind}) failed: ${advice}` };
}

export function gradeDrift(changedResources: readonly string[]): Finding {
  const count = changedResources.length;
  if (count === 0) return { name: "drift", grade: "ok", text: "the host is as it was deployed" };
  const things = count === 1 ? "1 resource differs" : `${count} resources differ`;
  return {
    name: "drift",
    grade: "warning",
    text: `${things} from what was deployed: ${changedResources.join(", ")}; see: npm run pulumi -- preview --diff`,
  };
}

/** One line about all DNS records. A resolver that does not answer says nothing about the mail host. */
export function gradeDns(comparisons: readonly Comparison[]): Finding[] {
  if (comparisons.length === 0) return [];
  const named = (...results: readonly Comparison["result"][]) =>
    comparisons.filter(({ result }) => results.includes(result)).map(({ type, name }) => `${type} ${name}`);
  const [wrong, unknown] = [named("missing", "different"), named("unknown")];
  const counted = `${wrong.length} of ${comparisons.length} records`;
  const text =
    wrong.length > 0
      ? `${counted} missing or different: ${wrong.join(", ")}; see: npm run dns`
      : unknown.length > 0
        ? `the resolver does not answer for ${unknown.join(", ")}`
        : `all ${comparisons.length} records are published`;
  return [{ name: "dns", grade: wrong.length > 0 ? "warning" : "ok", text }];
}

/** What could not be asked at all, and why. */
export function gradeFailure(name: string, { message }: Error): Finding {
  return { name, grade: "critical", text: onOneLine(message) };
}

function onOneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, "; ");
}

export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  return findings.map(({ name, grade, text }) => `${grade.padEnd(8)}  ${name.padEnd(width)}  ${text}`).join("\n");
}
