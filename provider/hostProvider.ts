import { z } from "zod";
import { releaseNames } from "../shared/releases/releases.ts";
import { checkTarget, resolveRelease, resolveTarget, targetArguments } from "./connection/target.ts";
import { hostContext } from "./hostContext.ts";
import { virtualTables } from "./mail/virtualTables.ts";
import type { Provider } from "./protocol/provider.ts";
import { account } from "./resources/account.ts";
import { acmeCertificate } from "./resources/acmeCertificate.ts";
import { certificateFiles } from "./resources/certificateFiles.ts";
import { chrootFiles } from "./resources/chrootFiles.ts";
import { configSet } from "./resources/configSet.ts";
import { directoryTree } from "./resources/directoryTree.ts";
import type { HostContext } from "./resources/hostResource.ts";
import { keptKey } from "./resources/keptKey.ts";
import { packages } from "./resources/packages.ts";
import { serverCertificate } from "./resources/serverCertificate.ts";
import { service } from "./resources/service.ts";
import { VERSION } from "./version.ts";

/** The provider of this package. */
export const hostProvider: Provider<HostContext> = {
  name: "mailhost",
  version: VERSION,
  description: "State of a Postfix and Dovecot mail host: what is on the host, shown and changed in mail terms.",
  configuration: targetArguments.extend({
    release: z.enum(releaseNames).describe("The release that the host must run."),
    configKey: z.string().optional().describe("Key of the stack configuration that holds the connection."),
  }),
  secretConfiguration: ["privateKey"],
  checkConfiguration: checkTarget,
  configure(configuration, stackConfiguration) {
    const environment = { target: process.env.MAILHOST_TARGET, stackConfiguration };
    return hostContext(() => resolveTarget(configuration, environment), resolveRelease(configuration, environment));
  },
  close: ({ host }) => host.close(),
  resources: [
    account,
    directoryTree,
    packages,
    acmeCertificate,
    certificateFiles,
    serverCertificate,
    keptKey,
    chrootFiles,
    configSet,
    service,
    virtualTables,
  ],
};
