import { z } from "zod";
import { AS_ON_HOST } from "../../shared/chroot.ts";
import { lines, sh } from "../connection/shell.ts";
import { absolutePath } from "./absolutePath.ts";
import { ANOTHER_RESOURCE, hostResource } from "./hostResource.ts";

interface Inputs {
  root: string;
  files: Record<string, typeof AS_ON_HOST>;
  unit: string;
}

/** A copy may also be another text, missing, or left over. */
type Seen = Omit<Inputs, "files"> & { files: Record<string, string> };

/** See resources/chrootFiles.ts. */
export const chrootFiles = hostResource<Inputs, object, Seen>({
  token: "mailhost:host:ChrootFiles",
  description: "Copies of the host's files in the directory that a daemon is confined to.",
  inputs: z.strictObject({
    root: absolutePath.describe("The directory that the daemon sees as the root of all files (chroot(2))."),
    files: z
      .record(absolutePath, z.literal(AS_ON_HOST))
      .describe(`Absolute path of a file to "${AS_ON_HOST}": its copy, below the root, is there as the file is.`),
    unit: z.string().describe("The systemd unit of the daemon, which is reloaded when a copy was renewed."),
  }),
  outputs: z.strictObject({}),
  fixed: { root: ANOTHER_RESOURCE },
  id: (inputs) => inputs.root,

  async observe({ host }, root, { files = {}, unit = "" }) {
    const paths = Object.keys(files);
    const answer = await host.ask(
      lines([
        sh`[ -d ${`${root}/etc`} ] && echo present || echo absent`,
        sh`for file in ${paths}; do
  if [ -f "$file" ]; then
    if [ ! -f ${root}"$file" ]; then echo missing
    elif cmp -s "$file" ${root}"$file"; then echo ${AS_ON_HOST}
    else echo "another text"
    fi
  elif [ -e ${root}"$file" ]; then echo "not on the host"
  else echo ${AS_ON_HOST}
  fi
done`,
      ]),
    );
    const [present, ...found] = answer.split("\n");
    const copies = paths.map((path, index) => [path, found[index] ?? ""]);
    return { present: present === "present", state: { root, files: Object.fromEntries(copies), unit } };
  },

  async converge({ host }, { root, files, unit }, { state }) {
    const stale = Object.keys(files).filter((file) => state.files[file] !== AS_ON_HOST);
    if (stale.length > 0) {
      await host.change(
        lines([
          ...stale.map(
            (file) => sh`
if [ -f ${file} ]; then
  install -d -m 0755 "$(dirname ${root + file})"
  cp -pL ${file} ${`${root}${file}.mailhost-new`}
  mv -f ${`${root}${file}.mailhost-new`} ${root + file}
else
  rm -f ${root + file}
fi`,
          ),
          // Processes that run have read the old ones.
          sh`! service_is_active ${unit} || service_reload ${unit}`,
        ]),
      );
    }
    return { files, unit };
  },

  async remove() {
    // They are the daemon's, which makes them at its start.
  },
});
