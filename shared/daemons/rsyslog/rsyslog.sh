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

rsyslog_messages() {
  log_since "$1" rsyslogd | grep -E 'error|could not' || true
}

rsyslog_refusals() {
  rsyslog_messages "$1"
}
