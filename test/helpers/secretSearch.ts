import type { TestHost } from "../../tools/testhost/host.ts";

/** Where secrets belong: in files that only root and the daemon which uses them can read. */
const rightPlaces = [
  "/var/vmail/auth.d/",
  "/etc/ssl/private/mailhost.pem",
  // Where certbot keeps keys.
  "/etc/letsencrypt/archive/",
  // Where the host keeps what it obtains by ACME, and the credentials for it.
  "/var/lib/mailhost/acme/",
  "/etc/mailhost/acme.env",
  // Dovecot's configuration as its processes read it, key included.
  "/run/dovecot/dovecot.conf.binary",
  // Keys that sign, for root and rspamd.
  "/etc/rspamd/dkim/",
  // What a lost state is made up for by.
  "/var/lib/mailhost/keys/",
  "/var/lib/mailhost/server-certificate.pem",
];

/** Where root keeps earlier configurations, keys in the files that they were in. */
const keptFolder = /^\/var\/lib\/mailhost\/previous\/\d+(?=\/etc\/)/;

/** Folders whose files are the kernel's. */
const kernelFolders = ["/proc", "/sys", "/dev"];

/**
 * Files of the host, and messages of its journal, that hold one of the secrets though they should not.
 *
 * @param secrets At least one of them has to be where it belongs, which shows that the search sees what there is
 */
export async function findSecrets(host: TestHost, secrets: readonly string[]): Promise<string[]> {
  const skipped = kernelFolders.map((folder) => `-path ${folder} -prune -o`).join(" ");
  const inFiles = await host.run(
    `patterns=$(cat); find / ${skipped} -type f -exec grep -lFe "$patterns" {} +`,
    secrets.join("\n"),
  );
  const inJournal = await host.run(
    'patterns=$(cat); journalctl --quiet --no-pager --output=cat | grep -Fe "$patterns"',
    secrets.join("\n"),
  );
  const places = [inFiles, inJournal].flatMap(({ stdout }) => stdout.split("\n")).filter((place) => place !== "");
  const isRight = (place: string): boolean =>
    rightPlaces.some((right) => place.replace(keptFolder, "").startsWith(right));
  if (!places.some(isRight)) throw new Error("the search for secrets on the host does not find what is there");
  return places.filter((place) => !isRight(place));
}

/** A search that goes on until it is asked what it found. */
export interface ProcessWatch {
  /** Ends the search. Returns the secrets that were seen in the arguments or the environment of a process. */
  end(): Promise<string[]>;
}

/** Looks at all processes of the host again and again, because those that could give a secret away are short. */
export async function watchProcesses(host: TestHost, secrets: readonly string[]): Promise<ProcessWatch> {
  const running = "/run/watch-processes";
  // It stands in the arguments of the search itself, which shows that the search sees what there is.
  const canary = "canary-of-the-process-watch";
  await host.run(`touch ${running}`);
  // The patterns come by a here-document, because grep's own arguments are looked at as well.
  const search = host.run(
    `patterns=$(cat)
    while [ -e ${running} ]; do
      grep -ahoFf /dev/fd/3 /proc/[0-9]*/cmdline /proc/[0-9]*/environ 3<<EOT
${canary}
$patterns
EOT
    done 2>/dev/null | sort -u`,
    secrets.join("\n"),
  );
  return {
    async end() {
      await host.run(`rm ${running}`);
      const seen = (await search).stdout.split("\n").filter((line) => line !== "");
      if (!seen.includes(canary)) throw new Error("the search for secrets in processes does not find what is there");
      return seen.filter((secret) => secret !== canary);
    },
  };
}
