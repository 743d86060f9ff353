import { headerCheckTable, localAliasTable } from "../../paths.ts";
import { ports } from "../../services.ts";
import { compiledTable, tables } from "../../tables.ts";
import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";
import { listeningSockets } from "../listeningSockets.ts";
import { postfixChroot, renderWatcherUnits } from "./chroot.ts";
import { clientCheckTable, needsClientChecks, renderClientChecks } from "./clientChecks.ts";
import { renderHeaderChecks } from "./headerChecks.ts";
import { renderLocalAliases } from "./localAliases.ts";
import { mainCfPath, renderMainCf } from "./mainCf.ts";
import { masterCfPath, renderMasterCf } from "./masterCf.ts";
import { postfixLines } from "./origins.ts";
import { postfixDropInPath, renderPostfixDropIn } from "./postfixDropIn.ts";

export const postfix = {
  name: "postfix",
  packages: { debian13: ["postfix", "postfix-lmdb"], debian12: ["postfix"] },
  unit: { debian13: "postfix.service", debian12: "postfix.service" },
  after: ["rsyslog", "rspamd", "postsrsd"],
  isShared: false,
  files: (host) => [
    publicFile(mainCfPath, renderMainCf(host)),
    publicFile(masterCfPath, renderMasterCf(host)),
    publicFile(localAliasTable, renderLocalAliases(host)),
    publicFile(headerCheckTable, renderHeaderChecks(host)),
    ...(needsClientChecks(host) ? [publicFile(clientCheckTable, renderClientChecks(host))] : []),
  ],
  chroot: postfixChroot,
  unitDropIns: (host) => [publicFile(postfixDropInPath, renderPostfixDropIn()), ...renderWatcherUnits(host)],
  concernedBy: ["/etc/postfix/", "/etc/systemd/system/postfix.", "/etc/aliases"],
  leftovers: { debian13: Object.values(tables).map((path) => compiledTable("hash", path)), debian12: [] },
  // A new smtpd(8) reads main.cf at once, without a reload, and must find everything that it names.
  swapTurns: { [masterCfPath]: "late", [mainCfPath]: "last" },
  listeners: ({ postfix: { listenAddresses, submissions } }) => ({
    listen: listeningSockets(listenAddresses, ports.smtp, ports.submission),
    ...(submissions ? { tlsListen: listeningSockets(listenAddresses, ports.submissions) } : {}),
  }),
  listenerKeys: { addresses: "mailhost:postfix.listenAddresses", tls: "mailhost:postfix.submissions" },
  processes: ["master"],
  certificateProtocol: "smtp",
  readLines: postfixLines,
  hooks: new URL("postfix.sh", import.meta.url),
} as const satisfies Daemon;
