import type { PostfixParameter } from "../../model/postfixParameters.ts";

/** Postfix's own `default_process_limit`, see https://www.postfix.org/postconf.5.html#default_process_limit. */
const defaultProcessLimit = 100;

/** How many processes Postfix may have of each of its services: as many ask Dovecot at the same time. */
export function postfixProcesses(parameters: readonly PostfixParameter[]): number {
  const given = parameters.findLast(
    ({ service, name }) => service === undefined && name === "default_process_limit",
  )?.value;
  return given !== undefined && /^[1-9]\d{0,4}$/.test(given) ? Number(given) : defaultProcessLimit;
}
