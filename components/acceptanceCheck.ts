import { createHash } from "node:crypto";
import { extname, join, relative } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { AcceptanceSubject } from "../acceptance/acceptanceCheck.ts";
import { ports } from "./listeners.ts";

/** What the check visits, and what its answer depends on. */
export interface AcceptanceCheckArgs {
  /** The name that both daemons must prove to have. */
  hostname: string;
  /** The authority that signed their certificate, where it is not one that everybody knows. */
  certificateAuthority: pulumi.Input<string> | undefined;
  /** Where each daemon is met; nothing stands for an address of the machine that deploys. */
  addresses: Readonly<Record<"postfix" | "dovecot", pulumi.Input<string> | undefined>>;
  /** What was deployed: the check runs again when any of it has changed. */
  deployed: {
    /** All that decides how the daemons behave, without secrets. */
    configuration: unknown;
    certificate: pulumi.Input<string>;
    hostId: pulumi.Input<string>;
  };
}

const program = join(import.meta.dirname, "..", "acceptance", `main${extname(import.meta.filename)}`);

/**
 * Visits the services of a deployed mail host from the operator's machine; the deployment fails with what is wrong,
 * and the host stays as it is.
 *
 * Its inputs hold no path of this machine, lest the check runs again because somebody else deploys: the command starts
 * in the folder that the program runs in, and finds `node` as the engine did.
 */
export function checkAcceptance(name: string, args: AcceptanceCheckArgs, opts: pulumi.CustomResourceOptions): void {
  const { hostname, certificateAuthority, addresses, deployed } = args;
  const subject = pulumi.all([addresses.postfix, addresses.dovecot, certificateAuthority]).apply(
    ([postfix, dovecot, certificateAuthority]): AcceptanceSubject => ({
      hostname,
      ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
      endpoints: {
        smtp: { address: postfix, port: ports.smtp },
        submission: { address: postfix, port: ports.submission },
        imap: { address: dovecot, port: ports.imap },
      },
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
        MAILHOST_CERTIFICATE: deployed.certificate,
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
