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
cat /etc/machine-id || echo
[ ! -r /etc/os-release ] || . /etc/os-release
printf '%s\n' "$ID\${VERSION_ID%%.*}" "\${PRETTY_NAME:-$(uname -s)}"
machine_complaint`;

/**
 * Reads the answer to {@link factsScript}.
 *
 * @throws OperationError when the host is not the release that the configuration names, or no machine that daemons can run on
 */
export function parseFacts(answer: string, wantedRelease: string): HostFacts {
  const [hostId = "", release = "", system = "", complaint = ""] = answer.split("\n");
  if (release !== wantedRelease) {
    throw new OperationError(
      `the host (mailhost:target) runs ${system}, but mailhost:release says ${wantedRelease}: change the one or the other`,
    );
  }
  if (complaint !== "") throw new OperationError(`the host (mailhost:target) ${complaint}`);
  if (!/^[0-9a-f]{32}$/.test(hostId)) {
    throw new OperationError("the host has no /etc/machine-id; run systemd-machine-id-setup(1) on it");
  }
  return { hostId, release, system };
}
