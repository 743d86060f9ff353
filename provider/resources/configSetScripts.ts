import { dirname } from "node:path";
import type { Daemon, DaemonListeners } from "../../shared/daemons/daemon.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import { releases } from "../../shared/releases/releases.ts";
import { feed, lines, Script, sh } from "../connection/shell.ts";
import { contentDigest, removeFiles, stageFile } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import { PREVIOUS, type SetDescription } from "../transaction/keptSets.ts";
import { transactionShell } from "../transaction/shell.ts";
import { concerns, type Inputs, type Plan, type Texts, textsOf } from "./configSetPlan.ts";
import { ORIGINALS } from "./originals.ts";
import { noteService, SERVICES } from "./serviceMemory.ts";
import { isNamedByOthers } from "./swapOrder.ts";

/** On the file system of every target, and a name that no daemon's include pattern takes. */
export const STAGE = "/etc/.mailhost-stage";

export const UNDO = `${STAGE}/undo`;

/** The checks of a change alone, in a directory that nobody else reads. */
export function rehearsal(plan: Plan): Script {
  const { affected, certificates, wanted } = plan;
  // The owners of others' files may not be there yet.
  const isStaged = (file: string) =>
    affected.some((daemon) => concerns(file, daemon, certificates)) ||
    !daemons.some((daemon) => concerns(file, daemon, certificates));
  return sh`
set -eu
umask 077
${definitionsOf(plan)}
stage=$(scratch_directory)
${stage(wanted, isStaged)}
check_staged || exit 1`;
}

/** @param kept What was in force, if it is to be kept */
export function transaction(host: Host, plan: Plan, kept: SetDescription | undefined): Script {
  const { release, wanted, state, stepsBefore, changed, removed } = plan;
  const digests = (files: readonly string[], of: Texts) =>
    files.map((file) => `${digest(of[file])} ${file}`).join("\n");
  const inForce = Object.keys(kept?.digests ?? {});
  const stays = (file: string) => kept?.digests[file] !== "-" && !kept?.changed.includes(file);
  const definitions = sh`
${definitionsOf(plan)}
stage=${STAGE} previous=${PREVIOUS} originals=${ORIGINALS}
foreign=${plan.foreign.join("\n")}
obsolete=${removed.filter(isNamedByOthers).join("\n")}
expected=${digests([...changed, ...removed], textsOf(state))}
wanted=${digests(changed, textsOf(wanted))}
kept=${digests(inForce, textsOf(state))}
unchanged=${inForce.filter(stays).join("\n")}
leaving=${namesOf(plan.leaving)}
units=${daemons.map(({ unit }) => unit[release]).join(" ")}
${lines(plan.restarted.map(({ name }) => new Script(`${name}_action=restart`)))}`;
  return sh`
${definitions}
[ ! -e ${UNDO} ] || sh ${UNDO} >&2
rm -rf "$stage"
mkdir -m 0700 "$stage"
trap remove_stage EXIT
${stage(wanted)}
${kept === undefined ? new Script("") : feed(JSON.stringify(kept), sh`write_to "$stage/set.json"`)}
${feed(
  host.program(sh`${definitions}
recover "$@"`),
  sh`cat >${UNDO}.part`,
)}
${lines(plan.affected.filter(({ name }) => stepsBefore[name] === undefined).map(({ unit }) => noteService(unit[release])))}
transaction >/dev/null
keep_set
${removeFiles(plan.affected.flatMap(({ leftovers }) => leftovers?.[release] ?? []))}
${lines(plan.leaving.map(({ unit }) => sh`rm -f ${`${SERVICES}/${unit[release]}`}`))}`;
}

/** What the checks of a change, and the change itself, need to know of it. */
function definitionsOf({ release, wanted, stepsBefore, changed, removed, affected }: Plan): Script {
  return sh`
${new Script(transactionShell(daemons))}
changed=${changed.join("\n")}
removed=${removed.filter((file) => !isNamedByOthers(file)).join("\n")}
daemons=${namesOf(affected)}
${lines(daemons.map((daemon) => describeDaemon(daemon, release, wanted.steps[daemon.name], stepsBefore[daemon.name])))}`;
}

/** Checkers read the whole configuration, so what does not change is staged too. */
function stage(wanted: Inputs, isStaged: (file: string) => boolean = () => true): Script {
  const files = Object.entries(textsOf(wanted)).filter(([file]) => isStaged(file));
  const folders = [...new Set(files.map(([file]) => dirname(file)))];
  const writings = files.map(([file, text]) =>
    stageFile(sh`"$stage"${file}`, text, wanted.attributes[file] ?? "root:root 0600"),
  );
  return sh`${lines(folders.map((folder) => sh`mkdir -p "$stage"${folder}`))}
${lines(writings)}
backdate "$stage"`;
}

/** What the hooks and the transaction need to know of a daemon. */
function describeDaemon(
  { name, unit, processes = [], hookVariables }: Daemon,
  release: ReleaseName,
  listeners: DaemonListeners | undefined,
  before: DaemonListeners | undefined,
): Script {
  const variables = {
    ...hookVariables?.(releases[release]),
    unit: unit[release],
    processes: processes.join("|"),
    listeners: listenersOf(listeners).join(" "),
    previous_listeners: listenersOf(before).join(" "),
  };
  return lines(Object.entries(variables).map(([variable, value]) => sh`${new Script(`${name}_${variable}`)}=${value}`));
}

export function namesOf(some: readonly Daemon[], separator = " "): string {
  return some.map(({ name }) => name).join(separator);
}

/** As the shell takes them: where TLS begins at once, with `tls:` before the address. */
export function listenersOf({ listen = [], tlsListen = [] }: Partial<DaemonListeners> = {}): string[] {
  return [...listen, ...tlsListen.map((socket) => `tls:${socket}`)];
}

/** As sha256sum(1) prints it; `-` where there is no file. */
export function digest(content: string | undefined): string {
  return content === undefined ? "-" : contentDigest(content);
}
