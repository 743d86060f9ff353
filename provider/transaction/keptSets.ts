import { z } from "zod";
import { type Script, sh } from "../connection/shell.ts";
import { STATE_DIRECTORY } from "../machine/paths.ts";
import { isRecord } from "../protocol/values.ts";
import type { Steps } from "./listeners.ts";

/** Where the configurations are that were in force, each in a folder with its number for a name. */
export const PREVIOUS = `${STATE_DIRECTORY}/previous`;

const texts = z.record(z.string(), z.string());

const description = z.object({
  /** Paths of the files that the change replaced or removed by which it went out of force. */
  changed: z.array(z.string()),
  /** Path of every file to its SHA-256; `-` where it was not there. */
  digests: texts,
  /** Debian package of a daemon to the version that was installed. */
  versions: texts,
  /** The inputs of `ConfigSet`, of the texts only whose they are. */
  inputs: z.object({
    attributes: texts,
    fingerprints: texts,
    files: texts,
    secretFiles: texts,
    steps: z.custom<Steps>(isRecord),
  }),
});

/** What a set says of itself, in its `set.json`. No text of a file is in it. */
export type SetDescription = z.infer<typeof description>;

/** A configuration that was in force, whole, in a folder below {@link PREVIOUS}. */
export interface KeptSet extends SetDescription {
  /** Counts on: a higher one is younger. */
  number: number;
  /** Until when it was in force, as `2026-05-01 12:00:00 UTC`. */
  until: string;
}

/** Prints the sets that are kept, a line each, the youngest last. */
export const listKeptSets: Script = sh`
for set in $(find ${PREVIOUS} -mindepth 1 -maxdepth 1 -name '[1-9]*' -printf '%f\\n' 2>/dev/null | sort -n); do
  echo "$set $(base64 -w0 ${PREVIOUS}/"$set/set.json") $(cat ${PREVIOUS}/"$set/until")"
done`;

/** Reads what {@link listKeptSets} prints. */
export function parseKeptSets(answer: string): KeptSet[] {
  return answer.split("\n").flatMap((line) => {
    const [, number, json = "", until = ""] = /^(\d+) (\S+) (.+)$/.exec(line) ?? [];
    if (number === undefined) return [];
    return [
      { number: Number(number), until, ...description.parse(JSON.parse(Buffer.from(json, "base64").toString())) },
    ];
  });
}
