# shellcheck shell=sh
# logrotate's part in a configuration change. Manual page: logrotate(8).

logrotate_check() {
  for file in "$1"/etc/logrotate.d/*; do
    [ -e "$file" ] || continue
    # Its return code is 0 also on errors. It refuses files that others may write, which the stage excludes.
    said=$(logrotate --debug --state /dev/null "$file" 2>&1 | grep '^error:' || true)
    if [ -n "$said" ]; then
      complain "$(printf '%s' "$said" | sed "s|$1||g")"
      return 1
    fi
  done
}
