import { z } from "zod";
import { Script, sh } from "../connection/shell.ts";
import { COMMON_SHELL } from "../transaction/daemon.ts";
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
    const answer = await host.ask(sh`systemctl show --property LoadState,UnitFileState,ActiveState -- ${unit}`);
    const shown = new Map(answer.split("\n").map((line) => line.split("=", 2) as [string, string]));
    return {
      present: shown.get("LoadState") === "loaded",
      state: {
        unit,
        enabled: shown.get("UnitFileState") === "enabled",
        running: ["active", "reloading", "activating"].includes(shown.get("ActiveState") ?? ""),
      },
    };
  },

  async converge({ host }, { unit, enabled, running }, { state }) {
    await host.change(sh`
${new Script(COMMON_SHELL)}
failed() {
  systemctl --no-pager --full status -- ${unit} >&2 || true
  exit 1
}
${enabled === state.enabled ? sh`:` : enabled ? sh`enable_unit ${unit}` : sh`systemctl --quiet disable -- ${unit}`}
systemctl reset-failed -- ${unit} 2>/dev/null || true
# Whatever was seen: enabling may have stopped it.
systemctl ${running ? "start" : "stop"} -- ${unit} || failed`);
    const active = (await host.ask(sh`systemctl is-active -- ${unit} || true`)).trim();
    refuse(running && active !== "active" ? [`${unit} does not stay up: systemd says ${active}`] : []);
    return {};
  },

  async remove({ host }, { unit }) {
    await host.change(sh`
[ "$(systemctl show --property LoadState --value -- ${unit})" = loaded ] || exit 0
systemctl --quiet disable --now -- ${unit}`);
  },
});
