import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Machine } from "./machine.ts";

/** The unit of every change: systemd starts no second one of the same name. */
export const CHANGE_UNIT = "mailhost-txn";

/** A machine that systemd runs. */
export const systemd: Machine = {
  shell: readFileSync(new URL("systemd.sh", import.meta.url), "utf8"),
  detachedShell: `systemd-run --quiet --pipe --wait --collect --unit=${CHANGE_UNIT} sh -s`,
  isOccupied: (said) => said.includes(`Unit ${CHANGE_UNIT}.service was already loaded`),
  scratchShell() {
    const name = `mailhost-check-${randomUUID()}`;
    const directory = `--property=RuntimeDirectory=${name} --property=RuntimeDirectoryMode=0700`;
    return `systemd-run --quiet --pipe --wait --collect --unit=${name} ${directory} sh -s`;
  },
};
