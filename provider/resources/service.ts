import { z } from "zod";
import { sh } from "../connection/shell.ts";
import { ANOTHER_RESOURCE, hostResource, refuse } from "./hostResource.ts";

interface Inputs {
  unit: string;
  enabled: boolean;
  running: boolean;
}

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
    const answer = await host.ask(sh`service_facts ${unit}`);
    const [present, enabled, running] = answer
      .trim()
      .split(" ")
      .map((word) => word === "yes");
    return { present: present === true, state: { unit, enabled: enabled === true, running: running === true } };
  },

  async converge({ host }, { unit, enabled, running }, { state }) {
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
    return {};
  },

  async remove({ host }, { unit }) {
    await host.change(sh`
case $(service_facts ${unit}) in yes*) ;; *) exit 0 ;; esac
service_disable ${unit}
service_stop ${unit}`);
  },
});
