import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { releaseNames } from "../shared/releases/releases.ts";
import { connect } from "./connection/connect.ts";
import {
  checkTarget,
  resolveRelease,
  resolveTarget,
  takeConnectionEnvironment,
  targetArguments,
} from "./connection/target.ts";
import { Host } from "./machine/host.ts";
import { Manifest } from "./machine/manifest.ts";
import { systemd } from "./machine/systemd.ts";
import { virtualTables } from "./mail/virtualTables.ts";
import type { Provider } from "./protocol/provider.ts";
import { account } from "./resources/account.ts";
import { certificateFiles } from "./resources/certificateFiles.ts";
import { chrootFiles } from "./resources/chrootFiles.ts";
import { configSet } from "./resources/configSet.ts";
import { directoryTree } from "./resources/directoryTree.ts";
import type { HostContext } from "./resources/hostResource.ts";
import { packages } from "./resources/packages.ts";
import { service } from "./resources/service.ts";
import { VERSION } from "./version.ts";

const environment = takeConnectionEnvironment(process.env);

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
  configure(configuration) {
    const release = resolveRelease(configuration, environment);
    const connection = connect(() => resolveTarget(configuration, environment), systemd);
    const host = new Host(connection, release, `${userInfo().username} at ${hostname()}`);
    const keepStateWhenUnreachable = process.env.MAILHOST_UNREACHABLE === "keep-state";
    return { host, manifest: new Manifest(host), release, keepStateWhenUnreachable };
  },
  close: ({ host }) => host.close(),
  resources: [account, directoryTree, packages, certificateFiles, chrootFiles, configSet, service, virtualTables],
};
