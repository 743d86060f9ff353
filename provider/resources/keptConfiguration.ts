import { contentDigest, isText, observePaths } from "../machine/files.ts";
import type { Host } from "../machine/host.ts";
import { OperationError } from "../protocol/resource.ts";
import { type KeptSet, listKeptSets, PREVIOUS, parseKeptSets } from "../transaction/keptSets.ts";
import type { Inputs } from "./configSetPlan.ts";
import { refuse } from "./hostResource.ts";
import { installedVersions } from "./packages.ts";

/**
 * The set with a number, or the youngest.
 *
 * @throws OperationError where there is none
 */
export async function findKeptSet(host: Host, number: number | undefined): Promise<KeptSet> {
  const sets = parseKeptSets(await host.ask(listKeptSets));
  const set = number === undefined ? sets.at(-1) : sets.find((one) => one.number === number);
  if (set !== undefined) return set;
  throw new OperationError(
    sets.length === 0
      ? "no earlier configuration is kept on the host: the first one is when a deployment replaces what is in force"
      : `there is no earlier configuration ${number} on the host; kept are ${sets.map((one) => one.number).join(", ")}`,
  );
}

/**
 * A kept configuration as inputs of `ConfigSet`.
 *
 * @param inForce What the host has now: certificates that another program renews stay as they are
 * @throws OperationError where it is not whole, or no longer fits the host
 */
export async function readKeptSet(host: Host, set: KeptSet, inForce: Inputs): Promise<Inputs> {
  const { number, digests, versions, inputs } = set;
  const folder = `${PREVIOUS}/${number}`;
  const files = Object.keys(digests).filter((file) => digests[file] !== "-");
  const [seen, installed] = await Promise.all([
    observePaths(
      host,
      files.map((file) => folder + file),
    ),
    installedVersions(host, Object.keys(versions)),
  ]);
  const texts = Object.fromEntries(files.map((file) => [file, seen.get(folder + file)?.content ?? ""]));
  refuse([
    ...Object.keys(versions)
      .filter((name) => installed[name] === undefined)
      .map((name) => `configuration ${number} needs the package ${name}, which is not on the host any more`),
    ...Object.entries(texts).flatMap(([file, text]) => {
      if (contentDigest(text) !== digests[file]) return [`${folder}${file} on the host is not as it was kept`];
      return isText(text) ? [] : [`${folder}${file} on the host is not UTF-8: copy it to ${file} there by hand`];
    }),
  ]);
  const present = <Value>(map: Record<string, Value>) =>
    Object.fromEntries(Object.entries(map).filter(([file]) => digests[file] !== "-"));
  const filled = (map: Record<string, string>) =>
    Object.fromEntries(Object.keys(present(map)).map((file) => [file, texts[file] ?? ""]));
  const renewed = Object.entries(inForce.fingerprints).filter(
    ([file]) => file in inputs.fingerprints && !(file in inputs.attributes),
  );
  return {
    files: filled(inputs.files),
    secretFiles: filled(inputs.secretFiles),
    attributes: present(inputs.attributes),
    fingerprints: { ...present(inputs.fingerprints), ...Object.fromEntries(renewed) },
    steps: inputs.steps,
  };
}

/** Packages of its daemons that have another version now, for the reader. */
export async function otherVersions(host: Host, { versions }: KeptSet): Promise<string[]> {
  const installed = await installedVersions(host, Object.keys(versions));
  return Object.entries(versions)
    .filter(([name, version]) => installed[name] !== version)
    .map(([name, version]) => `${name} was ${version} then, and is ${installed[name]} now`);
}
