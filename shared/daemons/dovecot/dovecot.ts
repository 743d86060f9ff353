import { mailRoot } from "../../accounts.ts";
import { ports } from "../../services.ts";
import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";
import { listeningSockets } from "../listeningSockets.ts";
import { dovecotConfPath, renderDovecotConf } from "./dovecotConf.ts";
import { dovecotDropInPath, renderDovecotDropIn } from "./dovecotDropIn.ts";
import { ownLogFile } from "./logFiles.ts";
import { dovecotLines } from "./origins.ts";

const packages = ["dovecot-core", "dovecot-imapd", "dovecot-lmtpd", "dovecot-sieve"] as const;

export const dovecot = {
  name: "dovecot",
  packages: { debian13: packages, debian12: packages },
  version: { debian13: "1:2.4.*", debian12: "1:2.3.*" },
  unit: { debian13: "dovecot.service", debian12: "dovecot.service" },
  // Postfix makes the directory that Dovecot's sockets for it lie in.
  after: ["rsyslog", "postfix"],
  isShared: false,
  files: (host) => [publicFile(dovecotConfPath, renderDovecotConf(host))],
  unitDropIns: () => [publicFile(dovecotDropInPath, renderDovecotDropIn())],
  concernedBy: ["/etc/dovecot/", "/etc/systemd/system/dovecot."],
  swapTurns: { "/etc/dovecot/": "early" },
  listeners: ({ dovecot: { listenAddresses, imaps } }) => ({
    listen: listeningSockets(listenAddresses, ports.imap),
    ...(imaps ? { tlsListen: listeningSockets(listenAddresses, ports.imaps) } : {}),
  }),
  listenerKeys: { addresses: "mailhost:dovecot.listenAddresses", tls: "mailhost:dovecot.imaps" },
  processes: ["dovecot"],
  certificateProtocol: "imap",
  readLines: dovecotLines,
  hookVariables: (release) => ({
    certificate_setting: release.dovecot.certificateSetting,
    file_option: release.dovecot.fileOption,
    trial_settings: release.dovecot.trialSettings,
    own_log: ownLogFile,
    mail_root: mailRoot,
  }),
  hooks: new URL("dovecot.sh", import.meta.url),
} as const satisfies Daemon;
