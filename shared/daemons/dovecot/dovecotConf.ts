import { doveauth, mailRoot, vmail } from "../../accounts.ts";
import { publicPrefix } from "../../model/acl.ts";
import { quotaSettings } from "../../model/quota.ts";
import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { authSocket, lmtpSocket, mailPath, postfixQueue, publicRoot, quotaStatusSocket } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";
import { postfixProcesses } from "../postfix/processes.ts";
import { computeProcessLimits } from "./processLimits.ts";
import { renderSectionName } from "./settings.ts";
import { addedPlugins } from "./settings23.ts";

export const dovecotConfPath = "/etc/dovecot/dovecot.conf";

/** The text of dovecot.conf, see https://doc.dovecot.org/2.4.1/core/summaries/settings.html and https://doc.dovecot.org/2.3/settings/. */
export function renderDovecotConf(host: ResolvedMailHost): string {
  const mailboxes = host.domains.reduce((count, domain) => count + domain.mailboxes.length, 0);
  return renderTemplate(`dovecot/${host.release.dovecot.templates}${dovecotConfPath}`, {
    listen: host.inetProtocols === "all" ? "*, ::" : "*",
    hostname: host.hostname,
    postmaster: host.postmaster,
    recipientDelimiter: host.recipientDelimiter,
    minimumProtocol: host.minimumProtocol,
    mailFormat: host.mail.format,
    mailPath: mailPath(host.mail.format),
    quota: quotaSettings(host.mail.quota),
    defaultFolders: host.mail.defaultFolders.map(({ name, specialUse = "", auto }) => ({
      name,
      section: renderSectionName(`mailbox ${name}`),
      specialUse,
      auto,
    })),
    trashExtraPercent: host.mail.trashExtraPercent,
    trashPercentage: 100 + host.mail.trashExtraPercent,
    publicPrefix,
    publicRoot,
    authMechanisms: host.dovecot.authMechanisms,
    listenAddresses: host.dovecot.listenAddresses,
    imaps: host.dovecot.imaps,
    userSessions: host.dovecot.mailMaxUseripConnections,
    ...computeProcessLimits({
      mailboxes,
      userSessions: host.dovecot.mailMaxUseripConnections,
      postfixProcesses: postfixProcesses(host.postfix.parameters),
    }),
    mailRoot,
    vmail,
    doveauth,
    postfixQueue,
    lmtpSocket,
    quotaStatusSocket,
    authSocket,
    certificateFile: host.certificateFile,
    privateKeyFile: host.privateKeyFile,
    logging: host.logging.method,
    addedPlugins: addedPlugins(host.dovecot.settings),
    settings: host.release.dovecot.renderSettings(host.dovecot.settings),
  });
}
