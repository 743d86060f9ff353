import { z } from "zod";
import { daemons } from "../../shared/daemons/registry.ts";
import { sh } from "../connection/shell.ts";
import { isRecord } from "../protocol/values.ts";
import { ANOTHER_RESOURCE, hostResource, refuse } from "./hostResource.ts";
import { recallService } from "./serviceMemory.ts";

interface Inputs {
  unit: string;
  enabled: boolean;
  running: boolean;
}

/** Whether a unit starts at boot, and runs. */
type Condition = Pick<Inputs, "enabled" | "running">;

/** See resources/service.ts. */
export const service = hostResource<Inputs, object>({
  token: "mailhost:host:Service",
  description: "A systemd unit that is enabled and running.",
  inputs: z.strictObject({
    unit: z
      .string()
      .regex(/^[\w@.:-]+\.[a-z]+$/, "must be the full name of a systemd unit, such as postfix.service")
      .describe("The systemd unit."),
    enabled: z.boolean().default(true).describe("Whether the unit starts at boot."),
    running: z.boolean().default(true).describe("Whether the unit runs now."),
  }),
  outputs: z.strictObject({}),
  fixed: { unit: ANOTHER_RESOURCE },
  id: (inputs) => inputs.unit,

  async observe({ host }, unit) {
    const { present, ...condition } = parseFacts(await host.ask(sh`service_facts ${unit}`));
    return { present, state: { unit, ...condition } };
  },

  // What it was like before is given back at the end. A configuration has started its daemon by now, and noted it before.
  async intend({ host, isNew }, { unit }, { state: { enabled, running } }) {
    if (!isNew) return {};
    const noted = await host.ask(recallService(unit));
    return { before: noted.trim() === "" ? { enabled, running } : parseFacts(noted) };
  },

  async converge({ host, remembered }, { unit, enabled, running }, { state }) {
    await host.change(sh`
failed() {
  service_explain ${unit} >&2
  exit 1
}
${enabled === state.enabled ? sh`:` : enabled ? sh`service_enable ${unit}` : sh`service_disable ${unit}`}
# Whatever was seen: enabling may have stopped it.
${running ? sh`service_start ${unit}` : sh`service_stop ${unit}`} || failed`);
    const active = (await host.ask(sh`service_state ${unit}`)).trim();
    refuse(running && active !== "active" ? [`${unit} does not stay up: systemd says ${active}`] : []);
    return remembered;
  },

  async remove({ host, remembered }, { unit }) {
    const before = conditionBefore(remembered.before, unit);
    if (before === undefined) return;
    await host.change(sh`
case $(service_facts ${unit}) in yes*) ;; *) exit 0 ;; esac
${before.enabled ? sh`service_is_enabled ${unit} || service_enable ${unit}` : sh`service_disable ${unit}`}
${before.running ? sh`service_is_active ${unit} || service_start ${unit}` : sh`service_stop ${unit}`}`);
  },
});

/** Reads what `service_facts` prints. */
function parseFacts(words: string): Condition & { present: boolean } {
  const [present, enabled, running] = words
    .trim()
    .split(" ")
    .map((word) => word === "yes");
  return { present: present === true, enabled: enabled === true, running: running === true };
}

/**
 * Where nothing is remembered, an earlier version made the resource: then a daemon that serves the whole host is left as it
 * is, and any other was not there.
 */
function conditionBefore(before: unknown, unit: string): Condition | undefined {
  if (isRecord(before)) return { enabled: before.enabled === true, running: before.running === true };
  const isShared = daemons.some((daemon) => daemon.isShared && Object.values(daemon.unit).includes(unit));
  return isShared ? undefined : { enabled: false, running: false };
}
