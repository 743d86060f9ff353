import { z } from "zod";
import { lines, sh } from "../connection/shell.ts";
import type { Host } from "../machine/host.ts";
import { ANOTHER_RESOURCE, type HostContext, hostResource, refuse } from "./hostResource.ts";
import { foreseeRenumbering, processesOf, type Renumbering, renumberFiles } from "./renumbering.ts";

const name = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, "must be a name of a system account, such as vmail");
const id = z.int().min(1).max(65533);

interface Inputs {
  name: string;
  uid?: number;
  group?: string;
  gid?: number;
  home: string;
  shell: string;
}

interface Outputs {
  uid: number;
  gid: number;
  group: string;
}

/** What Delete needs to know. */
interface Remembered {
  madeUser: boolean;
  madeGroup: boolean;
}

/** See resources/account.ts. */
export const account = hostResource<Inputs, Outputs, Partial<Inputs & Outputs>>({
  token: "mailhost:host:Account",
  description: "A system user with its primary group.",
  inputs: z.strictObject({
    name: name.describe("Log-in name."),
    uid: id.optional().describe("User id."),
    group: name.optional().describe("Primary group."),
    gid: id.optional().describe("Group id of the primary group."),
    home: z.string().startsWith("/").describe("Home directory; recorded, not made."),
    shell: z.string().startsWith("/").describe("Log-in shell."),
  }),
  outputs: z.strictObject({
    uid: id.describe("User id."),
    gid: id.describe("Group id of the primary group."),
    group: name.describe("Primary group."),
  }),
  fixed: { name: ANOTHER_RESOURCE },
  id: (inputs) => inputs.name,

  async observe(context, userName) {
    const answer = await context.host.ask(sh`
getent passwd ${userName} || echo
getent group "$(id -g -- ${userName} 2>/dev/null || echo -)" || echo`);
    const [passwd = "", groupLine = ""] = answer.split("\n");
    const [, , uid, gid, , home = "", shell = ""] = passwd.split(":");
    const group = groupLine.split(":")[0] ?? "";
    const state = { name: userName, uid: Number(uid), gid: Number(gid), group, home, shell };
    return passwd === "" ? { present: false, state: {} } : { present: true, state };
  },

  async preflight({ context }, inputs, { state }) {
    refuse([...(await takenIds(context, inputs)), ...(await uidInUse(context, inputs, state))]);
  },

  async foresee({ host }, inputs, { state }) {
    const renumberings = await renumberingsOf(host, inputs, state);
    return Promise.all(renumberings.map((change) => foreseeRenumbering(host, change, inputs.home ?? "")));
  },

  async intend({ host, remembered }, inputs, observed) {
    const hasGroup = (await host.ask(sh`getent group ${groupOf(inputs)} || true`)).trim() !== "";
    const made: Remembered = {
      madeUser: remembered.madeUser === true || !observed.present,
      madeGroup: remembered.madeGroup === true || !hasGroup,
    };
    return { ...made };
  },

  async converge({ host, remembered }, inputs, observed) {
    const group = groupOf(inputs);
    const gid = inputs.gid === undefined ? [] : ["--gid", String(inputs.gid)];
    const uid = inputs.uid === undefined ? [] : ["--uid", String(inputs.uid)];
    const renumberings = await renumberingsOf(host, inputs, observed.state);
    await host.change(
      lines([
        sh`if ! getent group ${group} >/dev/null; then groupadd --system ${gid} ${group}`,
        inputs.gid === undefined ? sh`` : sh`else groupmod ${gid} ${group}`,
        sh`fi`,
        observed.present
          ? sh`usermod ${uid} --gid ${group} --home ${inputs.home} --shell ${inputs.shell} ${inputs.name} >/dev/null`
          : sh`useradd --system --no-create-home ${uid} --gid ${group} --home-dir ${inputs.home} --shell ${inputs.shell} ${inputs.name}`,
        ...renumberings.map((change) => renumberFiles(change, inputs.home)),
      ]),
    );
    return remembered;
  },

  async remove({ host, log, remembered }, state) {
    const ofOurGroup = remembered.madeGroup === true ? sh`-o -group ${state.group}` : sh``;
    const leftovers = (
      await host.ask(sh`find /var -xdev '(' -user ${state.name} ${ofOurGroup} ')' -print -quit 2>/dev/null`)
    ).trim();
    if (leftovers !== "") {
      log("info", `the account ${state.name} stays: it still owns ${leftovers} and perhaps more`);
      return;
    }
    await host.change(
      lines([
        remembered.madeUser === true ? sh`! id -u ${state.name} >/dev/null 2>&1 || userdel ${state.name}` : sh`:`,
        remembered.madeGroup === true ? sh`! getent group ${state.group} >/dev/null || groupdel ${state.group}` : sh`:`,
      ]),
    );
  },
});

function groupOf({ group, name = "" }: Partial<Inputs>): string {
  return group ?? name;
}

/** The numbers that the account and its group have, where they are to have others. */
async function renumberingsOf(host: Host, inputs: Partial<Inputs>, seen: Partial<Outputs>): Promise<Renumbering[]> {
  const { name = "", uid, gid } = inputs;
  const group = groupOf(inputs);
  const answer = await host.ask(sh`getent group ${group} || true`);
  const [, , groupId] = answer.split(":");
  const present = { uid: seen.uid, gid: groupId === undefined ? undefined : Number(groupId) };
  return [
    ...(uid === undefined || present.uid === undefined || present.uid === uid
      ? []
      : [{ kind: "uid", name, from: present.uid, to: uid } as const]),
    ...(gid === undefined || present.gid === undefined || present.gid === gid
      ? []
      : [{ kind: "gid", name: group, from: present.gid, to: gid } as const]),
  ];
}

/** Why an account cannot have another uid now. */
async function uidInUse(
  { host }: HostContext,
  { name, uid }: Partial<Inputs>,
  seen: Partial<Outputs>,
): Promise<string[]> {
  if (uid === undefined || seen.uid === undefined || seen.uid === uid) return [];
  const processes = await processesOf(host, seen.uid);
  return processes.length === 0
    ? []
    : [
        `the account ${name} on the host must get uid ${uid} instead of ${seen.uid}, which is not possible while processes of it run: stop ${processes.join(", ")}`,
      ];
}

/** Ids that the host gave to others already. */
async function takenIds({ host }: HostContext, inputs: Partial<Inputs>): Promise<string[]> {
  const group = groupOf(inputs);
  const answer = await host.ask(sh`
getent passwd ${inputs.uid ?? "-"} || echo
getent group ${inputs.gid ?? "-"} || echo`);
  const [uidOwner = "", gidOwner = ""] = answer.split("\n").map((line) => line.split(":")[0]);
  const problems: string[] = [];
  if (uidOwner !== "" && uidOwner !== inputs.name) {
    problems.push(`uid ${inputs.uid}, wanted for ${inputs.name}, belongs to ${uidOwner} on the host`);
  }
  if (gidOwner !== "" && gidOwner !== group) {
    problems.push(`gid ${inputs.gid}, wanted for the group ${group}, belongs to ${gidOwner} on the host`);
  }
  return problems;
}
