import { z } from "zod";
import { type Script, sh } from "../connection/shell.ts";
import { ANOTHER_RESOURCE, hostResource, refuse } from "./hostResource.ts";

interface Inputs {
  unit: string;
  enabled: boolean;
  running: boolean;
}

/** See host/service.ts. */
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
failed() {
  systemctl --no-pager --full status -- ${unit} >&2 || true
  exit 1
}
${enabled === state.enabled ? sh`:` : sh`systemctl --quiet ${enabled ? "enable" : "disable"} -- ${unit}`}
systemctl reset-failed -- ${unit} 2>/dev/null || true
${running ? startForgotten(unit) : sh`:`}
${running === state.running ? sh`:` : sh`systemctl ${running ? "start" : "stop"} -- ${unit} || failed`}`);
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

/**
 * A unit that was given its alias while it ran, as syslog.service is one of rsyslog.service, is another one to systemd, and
 * dead: its process, which systemd still names, must not go on beside a new one.
 */
function startForgotten(unit: string): Script {
  return sh`
process=$(systemctl show --property MainPID --value -- ${unit})
if [ "$process" != 0 ] && ! systemctl --quiet is-active -- ${unit}; then
  kill "$process" && timeout 30 tail --pid="$process" -f /dev/null
  systemctl start -- ${unit} || failed
fi`;
}
