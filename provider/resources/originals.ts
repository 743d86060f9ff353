import { type Script, sh } from "../connection/shell.ts";
import { STATE_DIRECTORY } from "../machine/paths.ts";

/** Below it, at their own paths: what was on the host before the first deployment and has been replaced by it. */
export const ORIGINALS = `${STATE_DIRECTORY}/originals`;

/** The same of the tables of addresses, which come before the configuration and go after it. */
export const ORIGINAL_TABLES = `${STATE_DIRECTORY}/original-tables`;

/** What a preview says of files that are going to be replaced. */
export function replacedFiles(files: readonly string[], place: string): string {
  const [them, copies] = files.length === 1 ? ["it", "a copy"] : ["them", "copies"];
  return `${files.join(", ")} on the host: neither of this deployment nor as the distribution has made ${them}. \`up\` replaces ${them} and keeps ${copies} below ${place}`;
}

/** Keeps a copy of a file below `place`, if it is there. */
export function keepOriginal(file: string, place: string): Script {
  const kept = place + file;
  return sh`
[ ! -e ${file} ] || { mkdir -p "$(dirname ${kept})" && cp -aL -- ${file} ${kept}.part && sync ${kept}.part && mv -fT -- ${kept}.part ${kept}; }`;
}

/** Puts that copy back, or where there is none removes the file. */
export function restoreOriginal(file: string, place: string): Script {
  return sh`if [ -e ${place + file} ]; then cp -aL -- ${place + file} ${file}; else rm -f -- ${file}; fi`;
}
