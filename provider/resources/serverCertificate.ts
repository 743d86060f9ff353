import { createHash } from "node:crypto";
import { z } from "zod";
import {
  formatKept,
  isUsable,
  type KeptCertificate,
  namesOf,
  parseKept,
  shownChain,
} from "../certificates/keptCertificate.ts";
import { sh } from "../connection/shell.ts";
import { writeFile } from "../machine/files.ts";
import { STATE_DIRECTORY } from "../machine/paths.ts";
import { hostResource } from "./hostResource.ts";

interface Inputs {
  names: string[];
  authority: string;
  authorityKey: string;
  usable: true;
}

interface Outputs {
  privateKey: string;
  certificateChain: string;
  certificateAuthority: string;
  kept: string;
  givenAuthority?: string;
}

/** What is kept may also be unusable, or not there. */
type Seen = { [Name in Exclude<keyof (Inputs & Outputs), "usable">]?: (Inputs & Outputs)[Name] | undefined } & {
  usable: boolean;
};

/** There is one per host. */
const ID = "server-certificate";

/** Root alone may read what lies there. */
const FILE = `${STATE_DIRECTORY}/${ID}.pem`;

/** See resources/serverCertificate.ts. */
export const serverCertificate = hostResource<Inputs, Outputs, Seen>({
  token: "mailhost:host:ServerCertificate",
  description: "The key and certificate of the daemons, of an authority whose own key is not on the host.",
  inputs: z.strictObject({
    names: z.array(z.string()).min(1).describe("Host names that the certificate covers; the first is its common name."),
    authority: z.string().describe("The certificate of the authority, in PEM form."),
    authorityKey: z.string().describe("The private key of the authority, in PEM form. It never gets onto the host."),
    usable: z
      .literal(true)
      .default(true)
      .describe("Whether what the host keeps can be used as it is, and need not be renewed yet."),
  }),
  outputs: z.strictObject({
    privateKey: z.string().describe("The private key, in PEM form."),
    certificateChain: z.string().describe("The certificate, then the one that has signed it, in PEM form."),
    certificateAuthority: z.string().describe("The certificate that clients are to trust, in PEM form."),
    kept: z.string().describe("What the host keeps of it."),
    givenAuthority: z.string().optional().describe("SHA-256 of the certificate of the authority that was given."),
  }),
  secrets: ["authorityKey", "privateKey", "kept"],
  id: () => ID,

  async observe({ host }, _id, known) {
    const onHost = await host.ask(sh`cat ${FILE} 2>/dev/null || true`);
    const { authority, authorityKey } = known;
    const text = known.kept ?? onHost;
    const kept = parseKept(text);
    const givenAuthority = known.givenAuthority ?? (authority === undefined ? undefined : digest(authority));
    const given = { authority, authorityKey, givenAuthority };
    return {
      present: text !== "",
      state:
        kept === undefined
          ? { ...given, usable: false }
          : {
              ...given,
              names: namesOf(kept),
              usable: text === onHost && isUsable(kept, new Date()),
              privateKey: kept.server.privateKey,
              certificateChain: shownChain(kept),
              certificateAuthority: kept.authority,
              kept: text,
            },
    };
  },

  async foresee(_context, { names = [], authority }, { state }) {
    const trusted = state.certificateAuthority;
    const isReplaced = trusted !== undefined && (await staying(names, authority, state)).authority === undefined;
    if (!isReplaced || trusted.trim() === authority?.trim()) return [];
    return [
      "the authority of the certificate changes, and clients must trust the new one: it is the stack output certificateAuthority",
    ];
  },

  async converge({ host }, { names, authority, authorityKey }, { state }) {
    const stays = await staying(names, authority, state);
    const given = { certificate: authority, privateKey: authorityKey };
    const { issueIssuer, issueServer } = await import("../certificates/issue.ts");
    const issuer = stays.issuer ?? (await issueIssuer(given, names, new Date()));
    const server = stays.server ?? (await issueServer(issuer, names, new Date()));
    const kept = formatKept({ server, issuer, authority: stays.authority ?? authority });
    await host.change(writeFile(FILE, kept, "root:root 0600"));
    return { names };
  },

  async remove({ host }) {
    await host.change(sh`rm -f ${FILE}`);
  },
});

/**
 * What of the kept certificate stays: all of it; or the issuer, which signs another one, so that clients need trust nothing new; or
 * nothing, also where another authority than before was given. Where the state knows of none that was given, it was lost, or the
 * certificate imported: clients trust the authority that the host has.
 */
async function staying(
  names: readonly string[],
  authority: string | undefined,
  { kept: text = "", givenAuthority }: Seen,
): Promise<Partial<KeptCertificate>> {
  const isAnother = givenAuthority !== undefined && (authority === undefined || givenAuthority !== digest(authority));
  const kept = isAnother ? undefined : parseKept(text);
  if (kept === undefined) return {};
  const now = new Date();
  if (isUsable(kept, now) && namesOf(kept).join() === names.join()) return kept;
  const { canIssue } = await import("../certificates/issue.ts");
  return canIssue(kept, names, now) ? { issuer: kept.issuer, authority: kept.authority } : {};
}

function digest(certificate: string): string {
  return createHash("sha256").update(certificate).digest("hex");
}
