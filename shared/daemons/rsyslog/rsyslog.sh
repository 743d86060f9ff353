# shellcheck shell=sh
# rsyslog's part in a configuration change. Manual pages: rsyslogd(8), rsyslog.conf(5).

rsyslog_check() {
  each "$(find "$1/etc/rsyslog.d" -name '*.conf')" rsyslog_check_file "$1"
}

# rsyslog_check_file STAGE FILE
rsyslog_check_file() {
  said=$(rsyslogd -N1 -f "$2" 2>&1) || {
    complain "$(printf '%s\n' "$said" | grep -v 'version\|End of config' | sed "s|$1||g")"
    return 1
  }
}

rsyslog_prepare() {
  # It reads its configuration at its start only.
  echo restart
}

rsyslog_activate() {
  # The socket that the journal writes to starts it by its alias, which is there only while it is enabled. Its package does
  # not enable it where it was disabled before it was removed.
  service_is_enabled "$rsyslog_unit" || service_enable "$rsyslog_unit" || return 1
  service_restart "$rsyslog_unit"
}

# What it complained of that is about the files that changed, or the logs that they name: not of other rules, nor
# of a collector that cannot be reached.
rsyslog_messages() {
  own=$(each "$changed" rsyslog_names)
  [ -z "$own" ] || said_by rsyslog "$1" | grep -E '^rsyslogd\[[0-9]+\]: .*(error|could not)' | grep -F -e "$own" || true
}

rsyslog_names() {
  case $1 in
    /etc/rsyslog.d/*)
      echo "$1"
      grep -v '^#' "$1" | grep -o '/var/log/[A-Za-z0-9._-]*' || true
      ;;
  esac
}

rsyslog_refusals() {
  rsyslog_messages "$1"
}
