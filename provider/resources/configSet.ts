import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { certificateFingerprint } from "../../shared/certificates/certificateFingerprint.ts";
import type { Daemon } from "../../shared/daemons/daemon.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import { lines, Script, sh } from "../connection/shell.ts";
import { ATTRIBUTES_PATTERN, observePaths } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import type { CheckFailure, Log } from "../protocol/resource.ts";
import { PREVIOUS, type SetDescription } from "../transaction/keptSets.ts";
import { listenerProblems, type Steps } from "../transaction/listeners.ts";
import { explainRefusal } from "../transaction/refusal.ts";
import { COMMON_SHELL, transactionShell } from "../transaction/shell.ts";
import { absolutePath } from "./absolutePath.ts";
import {
  concerns,
  foreignFingerprints,
  type Inputs,
  type Plan,
  planChange,
  type Texts,
  textsOf,
  withEntry,
} from "./configSetPlan.ts";
import { digest, listenersOf, namesOf, rehearsal, STAGE, transaction, UNDO } from "./configSetScripts.ts";
import { hostResource, keysAsMap, merge, type Observation, refuse } from "./hostResource.ts";
import { ORIGINALS, replacedFiles, restoreOriginal } from "./originals.ts";
import { installedVersions } from "./packages.ts";
import { recallService, SERVICES } from "./serviceMemory.ts";

/** There is one per host. */
const ID = "config-set";

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

  async foresee({ context: { release, lacking }, host, log, remembered }, given, { state }) {
    const { files, attributes, steps } = given;
    if (files === undefined || attributes === undefined || steps === undefined) return [];
    // A key that is not made yet is the present one until then.
    const wanted = { fingerprints: {}, secretFiles: state.secretFiles, ...given, files, attributes, steps };
    const plan = planChange(release, remembered as Partial<Inputs>, state, wanted);
    const replaced = await notOriginal(host, plan);
    const unmade = Object.keys(attributes).filter((file) => textsOf(wanted)[file] === undefined);
    // Of one that the host has yet to obtain, nothing is known.
    const lacksCertificate = given.fingerprints === undefined;
    const packagesOfAll = new Set(daemons.flatMap(({ packages }) => packages[release]));
    const isReady = (daemon: Daemon) =>
      !(lacksCertificate && daemon.certificateProtocol !== undefined) &&
      !unmade.some((file) => concerns(file, daemon, plan.certificates)) &&
      [...lacking].every((name) => packagesOfAll.has(name) && !daemon.packages[release].includes(name));
    const ready = plan.affected.filter(isReady);
    const others = plan.affected.filter((daemon) => !isReady(daemon));
    if (others.length > 0) {
      const missing = [...lacking, ...unmade, ...(lacksCertificate ? ["the certificate"] : [])].join(", ");
      log(
        "info",
        `the new configuration of ${namesOf(others, ", ")} is checked by \`up\`, before it is in force: not on the host yet: ${missing}`,
      );
    }
    if (ready.length > 0) await explainRefusal(host.rehearse(rehearsal({ ...plan, affected: ready })), files);
    return replaced.length === 0 ? [] : [replacedFiles(replaced, ORIGINALS)];
  },

  async converge({ context: { release }, host, log, remembered, recall, entryFile }, wanted, observed) {
    const isUndone = await undoBrokenOff(host, log);
    const before = (isUndone ? await recall() : remembered) as Partial<Inputs>;
    const { state } = isUndone ? await observe(host, merge(before, wanted)) : observed;
    const { attributes, fingerprints, steps } = wanted;
    const memory = {
      attributes,
      fingerprints,
      steps,
      files: keysAsMap(wanted.files),
      secretFiles: keysAsMap(wanted.secretFiles),
    };
    const plan = planChange(release, before, state, wanted);
    if (plan.touched.length + plan.affected.length > 0) {
      log("progress", `activating ${plan.touched.join(", ")}`);
      const kept = await describeSet(host, before, plan);
      const whole = isDeepStrictEqual(memory, before) ? plan : withEntry(plan, await entryFile(memory));
      const complaint = await explainRefusal(host.change(transaction(host, whole, kept)), wanted.files);
      if (complaint !== "") log("warning", complaint.trim());
    }
    return memory;
  },

  async remove({ context: { release }, host }, { attributes, steps }) {
    const files = Object.keys(attributes);
    const unitsOf = (some: readonly Daemon[]) => some.map(({ unit }) => unit[release]);
    const shared = daemons.filter(({ isShared, name }) => isShared && steps[name] !== undefined);
    const own = unitsOf(daemons.filter(({ isShared }) => !isShared));
    await host.change(
      lines([
        ...own.map((unit) => sh`! service_is_active ${unit} || service_stop ${unit}`),
        ...files.map((file) => restoreOriginal(file, ORIGINALS)),
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

function fingerprint(pem: string): string {
  try {
    return certificateFingerprint(pem);
  } catch {
    return "no certificate";
  }
}

/** What is kept of the configuration in force by a change; undefined where there is none of ours yet, or all of it stays. */
async function describeSet(
  host: Host,
  { attributes, fingerprints = {}, steps = {}, files = {}, secretFiles = {} }: Partial<Inputs>,
  { release, state, changed: replaced, removed }: Plan,
): Promise<SetDescription | undefined> {
  const changed = [...replaced, ...removed];
  if (attributes === undefined || changed.length === 0) return undefined;
  const texts = textsOf(state);
  const digests = Object.keys(attributes).map((file) => [file, digest(texts[file])]);
  const packages = daemons.flatMap((daemon) => (steps[daemon.name] ? daemon.packages[release].slice(0, 1) : []));
  return {
    changed,
    digests: Object.fromEntries(digests),
    versions: await installedVersions(host, packages),
    inputs: { attributes, fingerprints, steps, files: keysAsMap(files), secretFiles: keysAsMap(secretFiles) },
  };
}

/** Files on the host that are neither ours nor as the distribution has made them, and are going to be replaced. */
async function notOriginal(host: Host, { foreign, state, certificates }: Plan): Promise<string[]> {
  const present = foreign.filter((file) => state.attributes[file] !== undefined);
  if (present.length === 0) return [];
  const questions = present.map((file) => {
    const owner = daemons.find((daemon) => concerns(file, daemon, certificates));
    return sh`hook ${owner?.name ?? "default"} is_original ${file} || echo ${file}`;
  });
  const answer = await host.ask(sh`
${new Script(transactionShell(daemons))}
${lines(questions)}`);
  return answer.split("\n").filter((file) => file !== "");
}
