import { sh } from "../connection/shell.ts";
import { OperationError } from "../protocol/resource.ts";

/** What is learnt about a host once per run, at the first command. */
export interface HostFacts {
  /** machine-id(5): tells a rebuilt machine, or another one at the same address, from the one in the state. */
  hostId: string;
  /** `debian13` and so on: distribution and major release. */
  release: string;
  /** `Debian GNU/Linux 13 (trixie)`, for messages. */
  system: string;
}

export const factsScript = sh`
cat /etc/machine-id
. /etc/os-release
printf '%s\n' "$ID\${VERSION_ID%%.*}" "$PRETTY_NAME"`;

/**
 * Reads the answer to {@link factsScript}.
 *
 * @throws OperationError when the host is not the release that the configuration names
 */
export function parseFacts(answer: string, wantedRelease: string): HostFacts {
  const [hostId = "", release = "", system = ""] = answer.split("\n");
  if (!/^[0-9a-f]{32}$/.test(hostId)) {
    throw new OperationError("the host has no /etc/machine-id; run systemd-machine-id-setup(1) on it");
  }
  if (release !== wantedRelease) {
    throw new OperationError(
      `the host runs ${system}, but mailhost:release says ${wantedRelease}: change the one or the other`,
    );
  }
  return { hostId, release, system };
}
