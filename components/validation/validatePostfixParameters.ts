import { keysOfParameters } from "../../shared/daemons/postfix/origins.ts";
import {
  mainCfParameters,
  masterCfServices,
  signingOption,
  signingParameters,
} from "../../shared/daemons/postfix/ownParameters.ts";
import { splitSpelling } from "../../shared/model/postfixParameters.ts";
import { type Problem, problem } from "../settings/problem.ts";
import type { Settings } from "../settings/schema.ts";
import { show } from "../settings/shape.ts";
import { didYouMean } from "../settings/spelling.ts";

/**
 * Whether each parameter may be given beside our files: see `PostfixArgs.parameters` for the rules. They keep port 25
 * without relay and log-in, and 587 behind TLS and log-in.
 *
 * @param signs Whether mail is signed: then what has it signed is ours too
 */
export function validatePostfixParameters({ parameters, submissions }: Settings["postfix"], signs: boolean): Problem[] {
  const services = masterCfServices(submissions);
  const ofAnyService = [...services.values()].flat();

  const isOurs = (service: string | undefined, name: string): boolean => {
    if (mainCfParameters.includes(name)) return true;
    if (signs && signingParameters.includes(name)) return true;
    if (signs && name === signingOption) return service?.startsWith("submission") ?? false;
    if (isRateLimit(name)) return false;
    if (isRestrictions(name)) return service !== undefined && (services.get(service)?.includes(name) ?? false);
    return ofAnyService.includes(name);
  };

  return Object.entries(parameters).flatMap(([spelling, value]) => {
    const path = ["postfix", "parameters", spelling];
    const { service, name } = splitSpelling(spelling);
    if (service !== undefined && !services.has(service)) {
      const known = [...services.keys()];
      return [
        problem(
          path,
          `${show(service)} is no service of master.cf${didYouMean(service, known)} (known here: ${known.join(", ")})`,
        ),
      ];
    }
    if (!isOurs(service, name)) return [];
    const key = keysOfParameters[name];
    const repair = key === undefined ? "take it out" : `set ${key} instead`;
    return [problem(path, `must not be given (${show(value)}), because mailhost writes ${name} itself; ${repair}`)];
  });
}

/** How much a client may ask for; more or less of it opens nothing. */
function isRateLimit(name: string): boolean {
  return /^smtpd_client_\w+_rate_limit$/.test(name);
}

/** What is asked of clients; a client that one list refuses is not let in by another. */
function isRestrictions(name: string): boolean {
  return /^smtpd_\w+_restrictions$/.test(name);
}
