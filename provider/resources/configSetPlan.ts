import { isDeepStrictEqual } from "node:util";
import type { Daemon } from "../../shared/daemons/daemon.ts";
import { daemons } from "../../shared/daemons/registry.ts";
import type { ReleaseName } from "../../shared/releases/release.ts";
import type { EntryFile } from "../machine/manifest.ts";
import { addressesChanged, type Steps } from "../transaction/listeners.ts";
import { bySwapOrder } from "./swapOrder.ts";

/** Path of a file to a text. */
export type Texts = Record<string, string>;

/** The inputs, as resources/configSet.ts describes them. */
export interface Inputs {
  files: Texts;
  attributes: Texts;
  secretFiles: Texts;
  fingerprints: Texts;
  steps: Steps;
}

/** What a change replaces and takes away, and which daemons it concerns. */
export interface Plan {
  release: ReleaseName;
  wanted: Inputs;
  state: Inputs;
  stepsBefore: Steps;
  /** Files with certificates, as `fingerprints` has them. */
  certificates: Texts;
  /** All files that daemons are to read anew. */
  touched: readonly string[];
  changed: readonly string[];
  /** Of these, what no change of ours has written before. */
  foreign: readonly string[];
  removed: readonly string[];
  affected: readonly Daemon[];
  /** Daemons that no longer take part and must forget files. */
  leaving: readonly Daemon[];
  restarted: readonly Daemon[];
}

/** What it takes from what is there to what is wanted. */
export function planChange(release: ReleaseName, before: Partial<Inputs>, state: Inputs, wanted: Inputs): Plan {
  const stepsBefore = before.steps ?? {};
  const changed = changedPaths(state, wanted).toSorted(bySwapOrder);
  const removed = Object.keys(before.attributes ?? {}).filter((file) => wanted.attributes[file] === undefined);
  const touched = [...changed, ...removed, ...renewedCertificates(before.fingerprints ?? {}, wanted)];
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
  return {
    release,
    wanted,
    state,
    stepsBefore,
    certificates,
    touched,
    changed,
    foreign: changed.filter((file) => before.attributes?.[file] === undefined),
    removed,
    affected,
    leaving,
    restarted: affected.filter(({ name }) => addressesChanged(stepsBefore[name], wanted.steps[name])),
  };
}

/** The change with what the manifest shall remember of it: a file that comes last, and goes again if all is undone. */
export function withEntry(plan: Plan, { path, before, text }: EntryFile): Plan {
  const containing = (inputs: Inputs, content: string | undefined) =>
    content === undefined ? inputs : { ...inputs, secretFiles: { ...inputs.secretFiles, [path]: content } };
  return {
    ...plan,
    changed: [...plan.changed, path],
    state: containing(plan.state, before),
    wanted: containing(plan.wanted, text),
  };
}

function changedPaths(state: Inputs, wanted: Inputs): string[] {
  const [texts, present] = [textsOf(wanted), textsOf(state)];
  return Object.keys(wanted.attributes).filter(
    (file) => present[file] !== texts[file] || state.attributes[file] !== wanted.attributes[file],
  );
}

export function textsOf({ files, secretFiles }: Inputs): Texts {
  return { ...files, ...secretFiles };
}

/** Files that another program has written since the daemons last read them. */
function renewedCertificates(before: Texts, wanted: Inputs): string[] {
  const foreign = Object.entries(foreignFingerprints(wanted));
  return foreign.filter(([file, fingerprint]) => before[file] !== fingerprint).map(([file]) => file);
}

/** Of certificates in files that are not ours. */
export function foreignFingerprints({ fingerprints = {}, attributes = {} }: Partial<Inputs>): Texts {
  return Object.fromEntries(Object.entries(fingerprints).filter(([file]) => attributes[file] === undefined));
}

/** Whether a change of the file concerns the daemon; a certificate concerns each that shows one, wherever it lies. */
export function concerns(file: string, { concernedBy, certificateProtocol }: Daemon, certificates: Texts): boolean {
  const isOfCertificate = certificateProtocol !== undefined && certificates[file] !== undefined;
  return isOfCertificate || concernedBy.some((path) => file === path || (/[/.]$/.test(path) && file.startsWith(path)));
}
