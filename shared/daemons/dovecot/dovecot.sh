# shellcheck shell=sh
# Dovecot's part in a configuration change. Manual pages: doveconf(1), dovecot(1).

dovecot_check() {
  configuration=$(rebase_for_check "$1" /etc/dovecot/dovecot.conf)
  # -n alone does not notice that the file of a certificate is missing.
  said=$(doveconf "$dovecot_file_option" -c "$configuration" 2>&1 >/dev/null) || {
    complain "$(printf '%s' "$said" | sed "s|$configuration|/etc/dovecot/dovecot.conf|g")"
    return 1
  }
  said=$(dovecot_check_listeners "$configuration"; dovecot_try "$configuration")
  [ -z "$said" ] || {
    complain "$(printf '%s' "$said" | sed "s|${configuration}[.a-z]*|/etc/dovecot/dovecot.conf|g; s|$1||g")"
    return 1
  }
}

# A reload with a socket that cannot be bound ends Dovecot, or leaves the listener out.
# dovecot_check_listeners CONFIGURATION
dovecot_check_listeners() {
  addresses=$(ip -o addr show | awk '{ sub(/\/.*/, "", $4); print $4 }' | xargs)
  doveconf -c "$1" -n service 2>/dev/null | awk '
    $1 == "inet_listener" { port = ""; listen = "*" }
    $1 == "port" { port = $3 }
    $1 == "listen" || $1 == "address" { sub(/.*= */, ""); gsub(/[]",[]/, " "); listen = $0 }
    $1 == "}" && port { count = split(listen, hosts, " "); for (i = 1; i <= count; i++) print hosts[i], port; port = "" }
  ' | while read -r address port; do
    address=$(canonical "$address")
    case " * :: 0.0.0.0 $addresses " in
      *" $address "*) ;;
      *) echo "Dovecot is to listen on $address:$port, but the host has no such address; it has $addresses" ;;
    esac
    ss -Hltnp "sport = :$port" | grep -v '"dovecot"' | awk -v wanted="$address" '
      function host(socket) { sub(/:[0-9]+$/, "", socket); sub(/%.*/, "", socket); gsub(/[][]/, "", socket); return socket }
      function any(address) { return address ~ /^(\*|::|0\.0\.0\.0)$/ }
      any(wanted) || any(host($4)) || wanted == host($4) {
        print "Dovecot is to listen on port '"$port"', but another program listens on " $4 ": " $6
      }'
  done
}

# Serves dummies by the staged configuration: a session in a home that is thrown away, and one
# of lmtp. Plugins, namespaces and the storage are not looked at before.
# dovecot_try CONFIGURATION
dovecot_try() {
  uid=$(doveconf -c "$1" -h first_valid_uid)
  gid=$(getent passwd "$uid" | cut -d: -f4)
  [ -n "$gid" ] || {
    echo "first_valid_uid is $uid, and the host has no such user to try Dovecot as"
    return
  }
  home=$(mktemp -d)
  chown "$uid:$gid" "$home"
  {
    cat "$1"
    printf 'mail_uid = %s\nmail_gid = %s\nmail_home = %s\n%s\n' "$uid" "$gid" "$home" "$dovecot_trial_settings"
  } >"$1.trial"
  {
    printf 'a SELECT INBOX\r\nb LOGOUT\r\n' | USER=nobody HOME=$home dovecot_run imap "$1.trial" | dovecot_judge imap '^b OK '
    : | dovecot_run lmtp "$1.trial" | dovecot_judge lmtp '^220 '
  } | sed "s/^[a-z]*([^:]*: //" | sort -u
  rm -rf "$home"
}

# Not by doveadm(1), which in 2.3 gives programs its own settings. While 2.4 reads a configuration, it drops what is not to be
# preserved.
# dovecot_run PROGRAM CONFIGURATION
dovecot_run() {
  DOVECOT_PRESERVE_ENVS='USER HOME' timeout 10 "/usr/lib/dovecot/$1" -c "$2" 2>&1
}

# The errors in what a program said on standard input; or that it did not get as far as to say PATTERN.
# dovecot_judge PROGRAM PATTERN
dovecot_judge() {
  said=$(cat)
  printf '%s\n' "$said" | grep -aE '(Fatal|Panic|Error): ' || printf '%s\n' "$said" | grep -aq "$2" ||
    echo "$1 could not be tried within 10 seconds; it said: $(printf '%s\n' "$said" | tail -n 1)"
}

dovecot_prepare() {
  case $changed$removed in
    # Limits of a unit count from its start.
    */dovecot.service.d/*) echo restart ;;
    *) echo reload ;;
  esac
}

dovecot_activate() {
  activate "$dovecot_unit" "$1" dovecot_reload
}

dovecot_reload() {
  doveadm reload && await_word dovecot '(^|: )master: Warning: SIGHUP received - reloading configuration$'
}

dovecot_probe() {
  until_ok probe_listeners dovecot '* OK' "$@" && until_ok dovecot_probe_sockets && until_ok dovecot_probe_user
}

dovecot_probe_tls() {
  configured=$(doveconf -h "$dovecot_certificate_setting" | sed 's/^<//' | xargs -r cat | certificate_digest)
  until_ok probe_tls imap '* OK' "$configured" "$@"
}

# Dovecot makes the sockets through which Postfix delivers, authenticates and asks for quotas.
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

# That the configuration means what it says, no checker tells: a user is found, the quota of one who has a home is known, and
# a wrong password is refused, not answered with an error.
dovecot_probe_user() {
  users=$(find "$dovecot_mail_root/auth.d" -mindepth 2 -name passwd -exec sed -n 's/^\([^:#]*@[^:#]*\):.*/\1/p' {} + | sort)
  [ -n "$users" ] || return 0
  user=$(printf '%s\n' "$users" | head -n 1)
  found=$(doveadm user "$user" 2>&1) || {
    dovecot_complain "Dovecot does not find the user $user" "$found"
    return 1
  }
  case $(doveadm auth test "$user" "$(cat /proc/sys/kernel/random/uuid)" 2>&1) in
    *code=* | *error* | *Error*)
      dovecot_complain "Dovecot does not refuse a wrong password of $user, but cannot tell" ""
      return 1
      ;;
  esac
  doveconf -h mail_plugins | grep -qw quota || return 0
  user=$(printf '%s\n' "$users" | while IFS=@ read -r name domain; do
    [ ! -d "$dovecot_mail_root/$domain/$name" ] || echo "$name@$domain"
  done | head -n 1)
  # Asked for, it would make a home.
  [ -z "$user" ] || found=$(doveadm quota get -u "$user" 2>&1) || {
    dovecot_complain "Dovecot does not know the quota of $user" "$found"
    return 1
  }
}

# dovecot_complain WHAT WORDS: and with them the words of its service of authentication.
dovecot_complain() {
  complain "$1: $(
    printf '%s\n' "$2" | grep -a 'Error: \|Fatal: \|lookup:' | tail -n 1
    said_by dovecot "$mark" | grep -a ' auth: Error: ' | tail -n 1
  )"
}

# `logging.method: files`.
dovecot_log_file() {
  echo "$dovecot_own_log"
}

# What Dovecot complained of since MARK. A name that a stranger logs in by stands in brackets, or after more words.
dovecot_messages() {
  said_by dovecot "$1" | sed -E 's/^[^ :]*\[[0-9]+\]: //' | grep -E '^(master|config): Error: |^[a-z-]+: (Fatal|Panic): ' || true
}

# Of that, what is about the configuration as a whole and not about one process.
dovecot_refusals() {
  dovecot_messages "$1" | grep -E '^(master|config): ' | grep -v ': child [0-9]* ' || true
}
