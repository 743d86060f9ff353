import type { Daemon } from "../daemon.ts";
import { acmeTimer } from "./acmeFiles.ts";

/**
 * No daemon: its timer has it renew the certificate. Its files are those of the certificate (`AcmeCertificate`), which is
 * there before the daemons are configured.
 */
export const lego = {
  name: "lego",
  packages: { debian13: ["lego"], debian12: ["lego"] },
  unit: { debian13: acmeTimer, debian12: acmeTimer },
  after: [],
  isShared: false,
  isUsed: ({ acme }) => acme !== undefined,
  files: () => [],
  concernedBy: [],
  hooks: "",
} as const satisfies Daemon;
