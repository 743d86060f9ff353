import { lines, type Script, sh } from "../connection/shell.ts";

/**
 * Ends the processes of Postfix whose command line begins with one of these; its master starts others when they are
 * needed. No reload does that to a process that is busy.
 *
 * The processes are looked for below the master: those of a container on this host are not its own.
 */
export function endServers(unit: string, commands: readonly string[]): Script {
  return sh`
if service_is_active ${unit}; then
  for server in $(
    master=$(tr -d ' ' </var/spool/postfix/pid/master.pid)
    cat "/proc/$master/task/$master/children"
  ); do
    case "$(tr '\\0' ' ' 2>/dev/null <"/proc/$server/cmdline") " in
${lines(commands.map((command) => sh`      ${command}' '*) kill "$server" || true ;;`))}
    esac
  done
fi`;
}
