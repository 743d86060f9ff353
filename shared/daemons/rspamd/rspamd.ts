import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";
import {
  publicSuffixPath,
  renderPublicSuffixes,
  renderRspamdConf,
  renderRules,
  rspamdConfPath,
  rulesPath,
} from "./rspamdConf.ts";
import { renderRspamdDropIn, rspamdDropInPath } from "./rspamdDropIn.ts";
import { usesMilter } from "./uses.ts";

/** `owner:group mode` of a private key, which rspamd reads as a user of its own. */
export const dkimKeyAttributes = "root:_rspamd 0640";

export const rspamd = {
  name: "rspamd",
  packages: { debian13: ["rspamd"], debian12: ["rspamd"] },
  unit: { debian13: "rspamd.service", debian12: "rspamd.service" },
  after: [],
  isShared: false,
  isUsed: usesMilter,
  files: (host) => [
    publicFile(rspamdConfPath, renderRspamdConf(host)),
    publicFile(rulesPath, renderRules(host)),
    publicFile(publicSuffixPath, renderPublicSuffixes()),
  ],
  unitDropIns: () => [publicFile(rspamdDropInPath, renderRspamdDropIn())],
  concernedBy: ["/etc/rspamd/", "/etc/systemd/system/rspamd."],
  swapTurns: { "/etc/rspamd/dkim/": "early" },
  hooks: new URL("rspamd.sh", import.meta.url),
} as const satisfies Daemon;
