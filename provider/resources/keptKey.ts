import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import { sh } from "../connection/shell.ts";
import { writeFile } from "../machine/files.ts";
import { STATE_DIRECTORY } from "../machine/paths.ts";
import { ANOTHER_RESOURCE, hostResource } from "./hostResource.ts";

interface Inputs {
  name: string;
  privateKey: string;
  kept: true;
}

interface Outputs {
  keptKey: string;
}

/** The host may keep none, or another one. */
interface Seen {
  name: string;
  privateKey: string | undefined;
  kept: boolean;
  keptKey: string | undefined;
}

const DIRECTORY = `${STATE_DIRECTORY}/keys`;
const fileOf = (name: string) => `${DIRECTORY}/${name}.pem`;

/** See resources/keptKey.ts. */
export const keptKey = hostResource<Inputs, Outputs, Seen>({
  token: "mailhost:host:KeptKey",
  description: "A private key that the host keeps, so that it stays the same where the state is lost.",
  inputs: z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/, "must be of letters in lower case, digits, dots, hyphens and underscores")
      .describe("Tells it from the other keys of the host."),
    privateKey: z.string().describe("A private key in PEM form, which the host keeps unless it has one of this name."),
    kept: z.literal(true).default(true).describe("Whether the host keeps the key."),
  }),
  outputs: z.strictObject({ keptKey: z.string().describe("The key of this name, in PEM form.") }),
  secrets: ["privateKey", "keptKey"],
  fixed: { name: ANOTHER_RESOURCE },
  id: (inputs) => inputs.name,

  async observe({ host }, name, { privateKey, ...known }) {
    const onHost = await host.ask(sh`cat ${fileOf(name)} 2>/dev/null || true`);
    const keptKey = known.keptKey ?? (isPrivateKey(onHost) ? onHost : undefined);
    return { present: keptKey !== undefined, state: { name, privateKey, kept: keptKey === onHost, keptKey } };
  },

  async converge({ host }, { name, privateKey }, { state }) {
    await host.change(sh`
mkdir -p ${DIRECTORY}
${writeFile(fileOf(name), state.keptKey ?? privateKey, "root:root 0600")}`);
    return {};
  },

  async remove({ host }, { name }) {
    await host.change(sh`rm -f ${fileOf(name)}; rmdir ${DIRECTORY} 2>/dev/null || true`);
  },
});

function isPrivateKey(text: string): boolean {
  try {
    return createPrivateKey(text).type === "private";
  } catch {
    return false;
  }
}
