import { doveauth, mailRoot, vmail } from "../shared/accounts.ts";
import type { ResolvedMailHost } from "../shared/model/resolvedMailHost.ts";
import { publicRoot } from "../shared/paths.ts";

const authentication = `${doveauth.name}:${doveauth.group} 0500`;
const configuration = `${vmail.name}:${vmail.group} 0500`;
// The set-group-id bit keeps the group of everything below; no other account looks in.
const mail = `${vmail.name}:${vmail.group} 2700`;

/** Directories below the mail root: path to `owner:group mode`. */
export function mailDirectories(host: ResolvedMailHost): Record<string, string> {
  const common = [
    // Of root's, but open: both accounts pass through it, and vmail cannot make a domain that is not served.
    [mailRoot, "root:root 0755"],
    [`${mailRoot}/auth.d`, authentication],
    [`${mailRoot}/conf.d`, configuration],
  ] as const;
  const ofDomains = host.domains.flatMap(({ name }) => [
    [`${mailRoot}/auth.d/${name}`, authentication] as const,
    [`${mailRoot}/conf.d/${name}`, configuration] as const,
    [`${mailRoot}/${name}`, mail] as const,
  ]);
  const ofFolders = host.publicFolders.flatMap(folderDirectories).map((path) => [path, mail] as const);
  return Object.fromEntries([...common, [publicRoot, mail], ...ofDomains, ...ofFolders]);
}

/**
 * The directories of a public folder and of those above it. Dovecot removes a directory without cur, new and tmp, unless
 * it holds another folder: then it is shown, but cannot be selected.
 */
function folderDirectories(folder: string): string[] {
  const names = folder.split("/");
  const path = `${publicRoot}/${folder}`;
  const above = names.slice(0, -1).map((_, index) => `${publicRoot}/${names.slice(0, index + 1).join("/")}`);
  return [...above, path, `${path}/cur`, `${path}/new`, `${path}/tmp`];
}
