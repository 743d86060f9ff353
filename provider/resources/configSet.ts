import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { certificateFingerprint } from "../../shared/certificates/certificateFingerprint.ts";
import type { Daemon, DaemonListeners } from "../../shared/daemons/daemon.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import { releases } from "../../shared/releases/releases.ts";
import { feed, lines, Script, sh } from "../connection/shell.ts";
import { ATTRIBUTES_PATTERN, contentDigest, observePaths, removeFiles, writeFile } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import { STATE_DIRECTORY } from "../machine/paths.ts";
import type { CheckFailure, Log } from "../protocol/resource.ts";
import { addressesChanged, listenerProblems, type Steps } from "../transaction/listeners.ts";
import { COMMON_SHELL, transactionShell } from "../transaction/shell.ts";
import { absolutePath } from "./absolutePath.ts";
import { hostResource, keysAsMap, merge, type Observation, refuse } from "./hostResource.ts";
import { noteService, recallService, SERVICES } from "./serviceMemory.ts";
import { bySwapOrder, isNamedByOthers } from "./swapOrder.ts";

type Texts = Record<string, string>;

interface Inputs {
  files: Texts;
  attributes: Texts;
  secretFiles: Texts;
  fingerprints: Texts;
  steps: Steps;
}

/** There is one per host. */
const ID = "config-set";

/** On the file system of every target, and a name that no daemon's include pattern takes. */
const STAGE = "/etc/.mailhost-stage";
const UNDO = `${STAGE}/undo`;
const PREVIOUS = `${STATE_DIRECTORY}/previous`;
const ORIGINALS = `${STATE_DIRECTORY}/originals`;

const path = z
  .string()
  .regex(/^(\/(?!\.{1,2}(\/|$))[\w.@+-]+)+$/, "must be an absolute path of plain characters")
  .startsWith("/etc/", "must lie below /etc");
const texts = z.record(path, z.string());
const sockets = z.array(
  z.string().regex(/^(\*|[0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]+$/, 'must be "address:port" or "*:port"'),
);
const step = z.strictObject({
  listen: sockets.default([]).describe("The listening sockets that the daemon must have, as `address:port`."),
  tlsListen: sockets.optional().describe("Those on which TLS begins at once."),
});

/** See resources/configSet.ts. */
export const configSet = hostResource<Inputs, object>({
  token: "mailhost:host:ConfigSet",
  description: "The configuration files of all daemons of one host, changed in one transaction.",
  inputs: z.strictObject({
    files: texts.describe("Absolute path to the whole text of a file."),
    attributes: z
      .record(path, z.string().regex(ATTRIBUTES_PATTERN, 'must be "owner:group mode", such as "root:root 0644"'))
      .describe("Path of every file to `owner:group mode`."),
    secretFiles: texts.describe("Absolute path to the whole text of a secret file."),
    fingerprints: z
      .record(absolutePath, z.string())
      .describe("Path of a file to what may be shown of the certificate in it; another program may keep the file."),
    steps: z.partialRecord(z.enum(daemons.map(({ name }) => name)), step).describe("The daemons that take part."),
  }),
  outputs: z.strictObject({}),
  secrets: ["secretFiles"],
  id: () => ID,
  check: checkAttributes,

  observe: ({ host }, _id, known) => observe(host, known),

  async preflight({ host }, { steps = {} }) {
    refuse(await listenerProblems(host, steps));
  },

  async converge({ context: { release }, host, log, remembered }, wanted, observed) {
    const before = remembered as Partial<Inputs>;
    const { state } = (await undoBrokenOff(host, log)) ? await observe(host, merge(before, wanted)) : observed;
    const stepsBefore = before.steps ?? {};
    const changed = changedPaths(state, wanted).toSorted(bySwapOrder);
    const removed = Object.keys(before.attributes ?? {}).filter((file) => wanted.attributes[file] === undefined);
    const renewed = renewedCertificates(before.fingerprints ?? {}, wanted);
    const touched = [...changed, ...removed, ...renewed];
    const certificates = { ...before.fingerprints, ...wanted.fingerprints };
    const isConcerned = (daemon: Daemon) => touched.some((file) => concerns(file, daemon, certificates));
    const affected = daemons.filter(
      (daemon) =>
        wanted.steps[daemon.name] !== undefined &&
        (isConcerned(daemon) || !isDeepStrictEqual(stepsBefore[daemon.name], wanted.steps[daemon.name])),
    );
    const leaving = daemons.filter(
      (daemon) =>
        wanted.steps[daemon.name] === undefined && stepsBefore[daemon.name] !== undefined && isConcerned(daemon),
    );
    if (touched.length + affected.length > 0) {
      log("progress", `activating ${touched.join(", ")}`);
      await host.change(
        transaction(host, {
          release,
          wanted,
          state,
          stepsBefore,
          changed,
          foreign: changed.filter((file) => before.attributes?.[file] === undefined),
          removed,
          affected,
          leaving,
          restarted: affected.filter(({ name }) => addressesChanged(stepsBefore[name], wanted.steps[name])),
        }),
      );
    }
    const { attributes, fingerprints, steps } = wanted;
    return {
      attributes,
      fingerprints,
      steps,
      files: keysAsMap(wanted.files),
      secretFiles: keysAsMap(wanted.secretFiles),
    };
  },

  async remove({ context: { release }, host }, { attributes, steps }) {
    const files = Object.keys(attributes);
    const unitsOf = (some: readonly Daemon[]) => some.map(({ unit }) => unit[release]);
    const shared = daemons.filter(({ isShared, name }) => isShared && steps[name] !== undefined);
    const own = unitsOf(daemons.filter(({ isShared }) => !isShared));
    await host.change(
      lines([
        ...own.map((unit) => sh`! service_is_active ${unit} || service_stop ${unit}`),
        ...files.map(
          (file) => sh`if [ -e ${ORIGINALS + file} ]; then cp -aL ${ORIGINALS + file} ${file}; else rm -f ${file}; fi`,
        ),
        sh`services_reread`,
        ...unitsOf(shared).map((unit) => sh`! service_is_active ${unit} || service_restart ${unit}`),
        // As before we came.
        ...own.map((unit) => sh`case $(${recallService(unit)}) in *yes) service_start ${unit} || true ;; esac`),
        sh`never_undo_at_boot`,
        sh`rm -rf ${STAGE} ${PREVIOUS} ${ORIGINALS} ${SERVICES}`,
      ]),
    );
  },
});

async function observe(host: Host, known: Partial<Inputs>): Promise<Observation<Inputs>> {
  const [seen, foreign, isBrokenOff] = await Promise.all([
    observePaths(host, Object.keys(known.attributes ?? {})),
    observeForeignCertificates(host, known),
    hasBrokenOff(host),
  ]);
  const contents = (keys: Texts | undefined, render = (text: string): string | undefined => text) =>
    Object.fromEntries(
      Object.keys(keys ?? {}).flatMap((key) => {
        const content = seen.get(key)?.content;
        const rendered = content === undefined ? undefined : render(content);
        return rendered === undefined ? [] : [[key, rendered]];
      }),
    );
  return {
    present: seen.size > 0,
    state: {
      files: contents(known.files),
      attributes: Object.fromEntries([...seen].map(([file, { attributes }]) => [file, attributes])),
      secretFiles: contents(known.secretFiles),
      fingerprints: { ...foreign, ...contents(known.fingerprints, fingerprint) },
      // What daemons have read of a change that broke off is not known.
      steps: isBrokenOff ? {} : (known.steps ?? {}),
    },
  };
}

/** Whether a change was not brought to its end, nor undone. */
async function hasBrokenOff(host: Host): Promise<boolean> {
  return (await host.ask(sh`[ ! -e ${UNDO} ] || echo yes`)).trim() === "yes";
}

/** Undoes such a change, and says whether there was one. */
async function undoBrokenOff(host: Host, log: Log): Promise<boolean> {
  if (!(await hasBrokenOff(host))) return false;
  log("warning", "the last change of the configuration broke off; it is undone first");
  await host.change(sh`[ ! -e ${UNDO} ] || sh ${UNDO}`);
  return true;
}

function checkAttributes({ files, secretFiles, attributes }: Inputs): CheckFailure[] {
  const given = new Set([...Object.keys(files), ...Object.keys(secretFiles)]);
  const at = (file: string) => `attributes[${JSON.stringify(file)}]`;
  return [
    ...[...given]
      .filter((file) => attributes[file] === undefined)
      .map((file) => ({ property: at(file), reason: "is missing: every file needs an owner, a group and a mode" })),
    ...Object.keys(attributes)
      .filter((file) => !given.has(file))
      .map((file) => ({ property: at(file), reason: "belongs to no file in `files` or `secretFiles`" })),
  ];
}

/**
 * Of certificates in files that are not ours: what the daemons show where they have been reloaded, or else what they
 * were last told of by us.
 */
async function observeForeignCertificates(host: Host, known: Partial<Inputs>): Promise<Texts> {
  const entries = Object.entries(foreignFingerprints(known)).map(async ([file, lastTold]) => {
    const present = fingerprint(
      await host.ask(sh`
${new Script(COMMON_SHELL)}
[ ! -f ${file} ] || certificates <${file}`),
    );
    return [file, present !== lastTold && (await isShown(host, file, known.steps ?? {})) ? present : lastTold] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Whether every listener shows the certificates in the file. */
async function isShown(host: Host, file: string, steps: Steps): Promise<boolean> {
  const looks = daemons.flatMap(({ name, certificateProtocol }) =>
    certificateProtocol === undefined
      ? []
      : listenersOf(steps[name]).map(
          (listener) => sh`shows_certificates_of ${file} ${listener} ${certificateProtocol} &&`,
        ),
  );
  if (looks.length === 0) return false;
  const answer = await host.ask(sh`
${new Script(COMMON_SHELL)}
${lines(looks)} echo shown || true`);
  return answer.trim() === "shown";
}

/** Of certificates in files that are not ours. */
function foreignFingerprints({ fingerprints = {}, attributes = {} }: Partial<Inputs>): Texts {
  return Object.fromEntries(Object.entries(fingerprints).filter(([file]) => attributes[file] === undefined));
}

/** Files that another program has written since the daemons last read them. */
function renewedCertificates(before: Texts, wanted: Inputs): string[] {
  const foreign = Object.entries(foreignFingerprints(wanted));
  return foreign.filter(([file, fingerprint]) => before[file] !== fingerprint).map(([file]) => file);
}

function fingerprint(pem: string): string {
  try {
    return certificateFingerprint(pem);
  } catch {
    return "no certificate";
  }
}

/** Whether a change of the file concerns the daemon; a certificate concerns each that shows one, wherever it lies. */
function concerns(file: string, { concernedBy, certificateProtocol }: Daemon, certificates: Texts): boolean {
  const isOfCertificate = certificateProtocol !== undefined && certificates[file] !== undefined;
  return isOfCertificate || concernedBy.some((path) => file === path || (/[/.]$/.test(path) && file.startsWith(path)));
}

function changedPaths(state: Inputs, wanted: Inputs): string[] {
  const texts = { ...wanted.files, ...wanted.secretFiles };
  const present = { ...state.files, ...state.secretFiles };
  return Object.keys(wanted.attributes).filter(
    (file) => present[file] !== texts[file] || state.attributes[file] !== wanted.attributes[file],
  );
}

interface Plan {
  release: ReleaseName;
  wanted: Inputs;
  state: Inputs;
  stepsBefore: Steps;
  changed: readonly string[];
  /** Of these, what no change of ours has written before. */
  foreign: readonly string[];
  removed: readonly string[];
  affected: readonly Daemon[];
  /** Daemons that no longer take part and must forget files. */
  leaving: readonly Daemon[];
  restarted: readonly Daemon[];
}

function transaction(host: Host, plan: Plan): Script {
  const { release, wanted, state, stepsBefore, changed, removed } = plan;
  const texts = { ...wanted.files, ...wanted.secretFiles };
  const seen = { ...state.files, ...state.secretFiles };
  const names = (some: readonly Daemon[]) => some.map(({ name }) => name).join(" ");
  const digests = (files: readonly string[], of: Texts) =>
    files.map((file) => `${digest(of[file])} ${file}`).join("\n");
  // Checkers read the whole configuration, so what does not change is staged too.
  const staged = Object.entries(texts).map(
    ([file, text]) => sh`
mkdir -p "$(dirname ${STAGE + file})"
${writeFile(STAGE + file, text, wanted.attributes[file] ?? "root:root 0600")}`,
  );
  const definitions = sh`
${new Script(transactionShell(daemons))}
stage=${STAGE} previous=${PREVIOUS} originals=${ORIGINALS}
changed=${changed.join("\n")}
foreign=${plan.foreign.join("\n")}
removed=${removed.filter((file) => !isNamedByOthers(file)).join("\n")}
obsolete=${removed.filter(isNamedByOthers).join("\n")}
expected=${digests([...changed, ...removed], seen)}
wanted=${digests(changed, texts)}
daemons=${names(plan.affected)}
leaving=${names(plan.leaving)}
units=${daemons.map(({ unit }) => unit[release]).join(" ")}
${lines(daemons.map((daemon) => describeDaemon(daemon, release, wanted.steps[daemon.name], stepsBefore[daemon.name])))}
${lines(plan.restarted.map(({ name }) => new Script(`${name}_action=restart`)))}`;
  return sh`
${definitions}
[ ! -e ${UNDO} ] || sh ${UNDO}
rm -rf "$stage"
mkdir -m 0700 "$stage"
trap remove_stage EXIT
${lines(staged)}
${feed(
  host.program(sh`${definitions}
recover "$@"`),
  sh`cat >${UNDO}.part`,
)}
backdate "$stage"
${lines(plan.affected.filter(({ name }) => stepsBefore[name] === undefined).map(({ unit }) => noteService(unit[release])))}
transaction
${removeFiles(plan.affected.flatMap(({ leftovers }) => leftovers?.[release] ?? []))}
${lines(plan.leaving.map(({ unit }) => sh`rm -f ${`${SERVICES}/${unit[release]}`}`))}`;
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

/** As the shell takes them: where TLS begins at once, with `tls:` before the address. */
function listenersOf({ listen = [], tlsListen = [] }: Partial<DaemonListeners> = {}): string[] {
  return [...listen, ...tlsListen.map((socket) => `tls:${socket}`)];
}

/** As sha256sum(1) prints it; `-` where there is no file. */
function digest(content: string | undefined): string {
  return content === undefined ? "-" : contentDigest(content);
}
