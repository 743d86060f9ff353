import type { DeployedHost } from "./deployedHost.ts";
import { ImapConversation } from "./imapConversation.ts";
import { SmtpConversation } from "./smtpConversation.ts";

/** Fingerprints of the certificates that are shown on 25, 587 and 143. */
export async function servedCertificates(mail: DeployedHost): Promise<(string | undefined)[]> {
  const ports = [25, 587] as const;
  const ofPostfix = ports.map(async (port) => {
    using smtp = await SmtpConversation.open(mail, port);
    await smtp.greet();
    await smtp.startTls();
    return smtp.certificateFingerprint;
  });
  using imap = await ImapConversation.open(mail);
  await imap.startTls();
  return [...(await Promise.all(ofPostfix)), imap.certificateFingerprint];
}
