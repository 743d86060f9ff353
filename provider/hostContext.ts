import type { ReleaseName } from "../shared/releases/release.ts";
import { connect } from "./connection/connect.ts";
import type { Target } from "./connection/target.ts";
import { Host } from "./machine/host.ts";
import { operator } from "./machine/lock.ts";
import { Manifest } from "./machine/manifest.ts";
import { systemd } from "./machine/systemd.ts";
import type { HostContext } from "./resources/hostResource.ts";

/**
 * What all work on one host shares.
 *
 * @param resolveTarget decides where the host is, when it is dialled
 */
export function hostContext(resolveTarget: () => Target, release: ReleaseName): HostContext {
  const host = new Host(connect(resolveTarget, systemd), release, operator());
  const keepStateWhenUnreachable = process.env.MAILHOST_UNREACHABLE === "keep-state";
  return { host, manifest: new Manifest(host), release, keepStateWhenUnreachable, lacking: new Set() };
}
