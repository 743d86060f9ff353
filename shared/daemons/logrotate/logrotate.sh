# shellcheck shell=sh
# logrotate's part in a configuration change; it is no daemon, a timer runs it. Manual page: logrotate(8).

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

logrotate_prepare() {
  echo reload
}

logrotate_activate() {
  :
}

logrotate_probe() {
  :
}

logrotate_probe_tls() {
  :
}

logrotate_messages() {
  :
}

logrotate_refusals() {
  :
}
