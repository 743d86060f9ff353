import { type Problem, problem } from "./problem.ts";
import type { Settings } from "./settings.ts";
import { validateCertificate } from "./validateCertificate.ts";

/** Whether the properties of `tls` fit its source, and, as far as they are plain texts, each other. */
export function validateTls(tls: Settings["tls"], hostname: string | undefined, now: Date): Problem[] {
  const { source, certificateChain, privateKey, names } = tls;
  switch (source) {
    case "self-signed":
      return (["certificateChain", "privateKey"] as const)
        .filter((key) => tls[key] !== undefined)
        .map((key) => problem(["tls", key], 'is used with tls.source "pem" only, but the source is "self-signed"'));
    case "pem":
      if (typeof certificateChain === "string" && typeof privateKey === "string") {
        const needed = hostname === undefined ? names : [hostname, ...names];
        return validateCertificate({ certificateChain, privateKey, names: needed, now });
      }
      return (["certificateChain", "privateKey"] as const)
        .filter((key) => tls[key] === undefined)
        .map((key) => problem(["tls", key], `is missing, and tls.source "pem" needs it`));
    default:
      return source satisfies never;
  }
}
