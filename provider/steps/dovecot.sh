# shellcheck shell=sh
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
  echo reload
}

dovecot_activate() {
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

# Postfix delivers and authenticates through these.
dovecot_probe_sockets() {
  for socket in /var/spool/postfix/private/dovecot-lmtp /var/spool/postfix/private/auth; do
    [ -S $socket ] || {
      complain "Dovecot has not made $socket"
      return 1
    }
  done
}

dovecot_messages() {
  messages_since "$1" dovecot 'master: (Error|Fatal|Panic)|config: (Error|Fatal|Panic)|(Fatal|Panic): '
}
