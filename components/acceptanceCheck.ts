import { createHash } from "node:crypto";
import { extname, join, relative } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ResolvedMailHost } from "../shared/model/resolvedMailHost.ts";
import type { AcceptanceSubject } from "../shared/services.ts";
import { describeServices } from "./listeners.ts";

/** What the check visits, and what its answer depends on. */
export interface AcceptanceCheckArgs {
  /** The mail host: its name, which both daemons must prove to have, and the services that are on. */
  host: ResolvedMailHost;
  /** The authority that signed their certificate, where it is not one that everybody knows. */
  certificateAuthority: pulumi.Input<string | undefined>;
  /** The certificate that the daemons must show, where its authority is not enough; see `certificateFingerprint`. */
  certificateFingerprint: pulumi.Input<string | undefined>;
  /**
   * Where daemons are met that listen on every address; nothing stands for an address of the machine that deploys.
   */
  address: pulumi.Input<string> | undefined;
  /** What was deployed: the check runs again when any of it has changed. */
  deployed: {
    /** All that decides how the daemons behave, without secrets. */
    configuration: unknown;
    hostId: pulumi.Input<string>;
  };
}

const program = join(import.meta.dirname, "..", "acceptance", `main${extname(import.meta.filename)}`);

/**
 * Visits the services of a deployed mail host from the operator's machine; the deployment fails with what is wrong,
 * and the host stays as it is.
 *
 * Its inputs hold no path of this machine, lest the check runs again because another person deploys: the command starts
 * in the folder that the program runs in, and finds `node` as the engine did.
 */
export function checkAcceptance(name: string, args: AcceptanceCheckArgs, opts: pulumi.CustomResourceOptions): void {
  const { host, address, certificateAuthority, certificateFingerprint, deployed } = args;
  const subject = pulumi.all([address, certificateAuthority, certificateFingerprint]).apply(
    ([address, certificateAuthority, certificateFingerprint]): AcceptanceSubject => ({
      hostname: host.hostname,
      certificateAuthority,
      certificateFingerprint,
      endpoints: describeServices(host, (listener) => ({ address, ...listener })),
    }),
  );
  new local.Command(
    name,
    {
      interpreter: ["node"],
      create: relative(process.cwd(), program),
      stdin: subject.apply((subject) => JSON.stringify(subject)),
      // Nobody reads these; a change of any of them is why the check runs again.
      environment: {
        MAILHOST_CONFIGURATION: digest(deployed.configuration),
        MAILHOST_HOST_ID: deployed.hostId,
      },
      addPreviousOutputInEnv: false,
      // "accepted" is nothing to tell; complaints are in the error.
      logging: "none",
    },
    opts,
  );
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}
