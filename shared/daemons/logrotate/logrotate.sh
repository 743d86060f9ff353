# shellcheck shell=sh
# logrotate's part in a configuration change. Manual page: logrotate(8).

logrotate_check() {
  each "$(find "$1/etc/logrotate.d" -type f)" logrotate_check_file "$1"
}

# Its return code is 0 also on errors, and an option that it does not know is a warning. It refuses files that others may
# write, which the stage excludes.
# logrotate_check_file STAGE FILE
logrotate_check_file() {
  said=$(logrotate --debug --state /dev/null "$2" 2>&1)
  wrong=$(printf '%s\n' "$said" | grep -E "^error:|^warning: $2:")
  case $said in
    *'Handling '*) [ -n "$wrong" ] || return 0 ;;
  esac
  complain "$(printf '%s\n' "${wrong:-$said}" | sed "s|$1||g")"
  return 1
}
