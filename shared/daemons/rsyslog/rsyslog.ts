import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";
import { renderRsyslogConf, rsyslogConfPath } from "./rsyslogConf.ts";

export const rsyslog = {
  name: "rsyslog",
  packages: { debian13: ["rsyslog"], debian12: ["rsyslog"] },
  unit: { debian13: "rsyslog.service", debian12: "rsyslog.service" },
  after: [],
  isShared: true,
  isUsed: ({ logging }) => logging.method === "syslog",
  files: (host) => [publicFile(rsyslogConfPath, renderRsyslogConf(host))],
  concernedBy: ["/etc/rsyslog.d/"],
  hooks: new URL("rsyslog.sh", import.meta.url),
} as const satisfies Daemon;
