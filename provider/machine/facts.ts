import type { ReleaseName } from "../../shared/releases/release.ts";
import { releaseNames, releases } from "../../shared/releases/releases.ts";
import { sh } from "../connection/shell.ts";
import { OperationError } from "../protocol/resource.ts";

/** What is learnt about a host once per run, at the first command. */
export interface HostFacts {
  /** machine-id(5): tells a rebuilt machine, or another one at the same address, from the one in the state. */
  hostId: string;
  /** `Debian GNU/Linux 13 (trixie)`, for messages. */
  system: string;
  /** Why nothing may be changed, though a preview may tell what an upgrade of the host is going to change. */
  awaitsUpgrade: string | undefined;
}

export const factsScript = sh`
cat /etc/machine-id || echo
[ ! -r /etc/os-release ] || . /etc/os-release
printf '%s\n' "$ID\${VERSION_ID%%.*}" "\${PRETTY_NAME:-$(uname -s)}"
machine_complaint`;

/**
 * Reads the answer to {@link factsScript}.
 *
 * @throws OperationError when the host is not the release that the configuration names, nor the one before it, or no machine that
 * daemons can run on
 */
export function parseFacts(answer: string, wantedRelease: ReleaseName): HostFacts {
  const [hostId = "", release = "", system = "", complaint = ""] = answer.split("\n");
  const awaitsUpgrade =
    releases[wantedRelease].follows === release
      ? `the host (mailhost:target) runs ${system}, but mailhost:release says ${wantedRelease}: nothing is changed before the host is upgraded, see docs/upgrade-debian.md`
      : undefined;
  if (release !== wantedRelease && awaitsUpgrade === undefined) {
    throw new OperationError(`the host (mailhost:target) runs ${system}, ${mismatch(release, wantedRelease)}`);
  }
  if (complaint !== "") throw new OperationError(`the host (mailhost:target) ${complaint}`);
  if (!/^[0-9a-f]{32}$/.test(hostId)) {
    throw new OperationError("the host has no /etc/machine-id; run systemd-machine-id-setup(1) on it");
  }
  return { hostId, system, awaitsUpgrade };
}

/** What is wrong with the release of the host, after "it runs ...,", and what to do. */
function mismatch(release: string, wanted: ReleaseName): string {
  const known = releaseNames.find((name) => name === release);
  if (known === undefined) return `which is none of ${releaseNames.join(", ")}`;
  const says = `but mailhost:release says ${wanted}`;
  if (releases[known].follows !== wanted) return `${says}: change the one or the other`;
  return `${says}. Set mailhost:release to ${known} and deploy: where the host was upgraded, its daemons do not run by the configuration of ${wanted} (Dovecot: "The first setting must be dovecot_config_version"), and one \`up\` brings them back; see docs/upgrade-debian.md`;
}
