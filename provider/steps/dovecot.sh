# shellcheck shell=sh disable=SC2154
# Dovecot's part in a configuration change. Manual pages: doveconf(1), dovecot(1).

dovecot_check() {
  configuration=$(checkable "$1" /etc/dovecot/dovecot.conf)
  # -F opens the certificate files too; -n alone does not notice that one is missing.
  said=$(doveconf -F -c "$configuration" 2>&1 >/dev/null) || {
    complain "$(printf '%s' "$said" | sed "s|$configuration|/etc/dovecot/dovecot.conf|g")"
    return 1
  }
}

dovecot_prepare() {
  case $changed in
    # Limits of a unit count from its start.
    */dovecot.service.d/*) echo restart ;;
    *) echo reload ;;
  esac
}

dovecot_activate() {
  case $changed in
    */dovecot.service.d/*) systemctl daemon-reload ;;
  esac
  if systemctl --quiet is-active dovecot.service; then
    case $1 in
      reload) doveadm reload ;;
      restart) systemctl restart dovecot.service ;;
    esac
  else
    systemctl reset-failed dovecot.service 2>/dev/null || true
    systemctl start dovecot.service
  fi
}

dovecot_probe() {
  until_ok probe_listeners dovecot '* OK' "$@" && until_ok dovecot_probe_sockets
}

dovecot_probe_tls() {
  configured=$(doveconf -h ssl_server/ssl_server_cert_file | xargs -r cat | certificate_digest)
  until_ok probe_tls imap '* OK' "$configured" "$@"
}

# Dovecot makes the sockets that Postfix is told to deliver, authenticate and ask for quotas through.
dovecot_probe_sockets() {
  for name in dovecot-lmtp auth quota-status; do
    grep -q "private/$name" /etc/postfix/main.cf /etc/postfix/master.cf || continue
    socket=/var/spool/postfix/private/$name
    ss -Hlx | awk -v path="$socket" '$5 == path { found = 1 } END { exit !found }' || {
      complain "Dovecot does not listen on $socket"
      return 1
    }
  done
}

# What the log says since CURSOR that Dovecot had better not say.
dovecot_messages() {
  messages_since "$1" dovecot 'master: (Error|Fatal|Panic)|config: (Error|Fatal|Panic)|(Fatal|Panic): '
}

# Of that, what is about the configuration as a whole and not about one process.
dovecot_refusals() {
  dovecot_messages "$1" | grep -E '^(master|config): ' | grep -v ': child [0-9]* ' || true
}
