import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";
import { logrotateConfPath, renderLogrotateConf } from "./logrotateConf.ts";

/** No daemon: its timer runs it, and it reads its configuration each time. */
export const logrotate = {
  name: "logrotate",
  packages: { debian13: ["logrotate"], debian12: ["logrotate"] },
  unit: { debian13: "logrotate.timer", debian12: "logrotate.timer" },
  after: [],
  isShared: true,
  files: (host) => [publicFile(logrotateConfPath, renderLogrotateConf(host))],
  concernedBy: ["/etc/logrotate.d/"],
  hooks: new URL("logrotate.sh", import.meta.url),
} as const satisfies Daemon;
