import { Script, sh } from "../../provider/connection/shell.ts";
import type { Host } from "../../provider/machine/host.ts";
import { homeOf, noDomains } from "../../provider/mail/homes.ts";
import { mailRoot, vmail } from "../../shared/accounts.ts";

/** The mail of an address that is no user of the host any more. */
export interface LeftMail {
  /** Its home: the folders, marks of what was read in public folders, and scripts of the user lie in it. */
  home: string;
  files: number;
  /** Directories with their sizes, as du(1) prints them. */
  directories: string;
}

/**
 * Looks at the mail that an address has left on the host.
 *
 * @throws OperationError where the address is still a user, or has no home
 */
export async function lookAtLeftMail(host: Host, address: string): Promise<LeftMail> {
  const home = homeOf(mailRoot, address);
  // A user chose these names: a terminal gets no more than their letters.
  const look = sh`find ${home} ! -type d | wc -l; du -h --max-depth=2 -- ${home} | tr -cd '[:print:]\n\t'`;
  const answer = await host.change(sh`
${refuseUnlessLeft(address)}
${asVmail(look)}`);
  const [files = "", ...directories] = answer.split("\n");
  return { home, files: Number(files), directories: directories.join("\n").trim() };
}

/**
 * Deletes it. What a link in the home leads to stays, and what another file system holds.
 *
 * @throws OperationError as {@link lookAtLeftMail}, and where something could not be deleted
 */
export async function deleteLeftMail(host: Host, address: string): Promise<void> {
  await host.change(sh`
${refuseUnlessLeft(address)}
${asVmail(sh`rm -rf --one-file-system -- ${homeOf(mailRoot, address)}`)}`);
}

/** As the owner of all mail, which nothing but mail belongs to. */
function asVmail(command: Script): Script {
  return sh`setpriv --reuid=${vmail.name} --regid=${vmail.group} --clear-groups sh -c ${command.text}`;
}

function refuseUnlessLeft(address: string): Script {
  const [user = "", domain = ""] = address.split("@");
  const home = homeOf(mailRoot, address);
  const passwd = `${mailRoot}/auth.d/${domain}/passwd`;
  return sh`
refuse() {
  echo "$1; nothing was deleted" >&2
  exit 1
}
if [ -e ${passwd} ]; then
  line=$(awk -F: -v user=${address} '$1 == user' ${passwd}) || refuse ${`${passwd} on the host cannot be read`}
  [ -z "$line" ] ||
    refuse ${`${address} is a user of the host: take the mailbox out of mailhost:domains, and deploy that first`}
fi
case ${domain} in ${new Script(noDomains.join("|"))}) refuse ${`${mailRoot}/${domain} on the host holds no mailboxes`} ;; esac
[ -e ${home} ] || [ -L ${home} ] || refuse ${`there is no ${home} on the host`}
[ -d ${home} ] && [ "$(readlink -e ${home})" = "$(readlink -e ${mailRoot})/"${`${domain}/${user}`} ] ||
  refuse ${`${home} on the host is a link, or reached by one`}`;
}
