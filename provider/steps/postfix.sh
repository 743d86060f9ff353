# shellcheck shell=sh
# Postfix's part in a configuration change. Manual pages: postfix(1), postconf(1), postconf(5), master(5).

postfix_check() {
  stage=$1
  checked=$stage/postfix.check
  mkdir -p "$checked"
  # dynamicmaps.cf names the map types that packages add, such as lmdb.
  cp -r /etc/postfix/dynamicmaps.cf /etc/postfix/dynamicmaps.cf.d "$checked" 2>/dev/null || true
  for file in main.cf master.cf; do
    cp "$(checkable "$stage" "/etc/postfix/$file")" "$checked/$file"
  done
  cool "$checked"

  # An unknown or misspelt parameter is only a warning to Postfix.
  said=$(postconf -c "$checked" -n 2>&1 >/dev/null; postconf -c "$checked" -Mf 2>&1 >/dev/null)
  said="$said
$(postfix -c "$checked" check 2>&1 || true)"
  # What `postfix check` says of the live main.cf, and of the files that it copies into the chroot, is not about this.
  said=$(printf '%s\n' "$said" | grep -v '^updating /\|symlink leaves directory\|not owned by\| /etc/postfix/main.cf' |
    sed "s|$checked|/etc/postfix|g" | sort -u)
  if [ -n "$said" ]; then
    complain "$said"
    return 1
  fi
  postfix_check_map_types "$checked" && postfix_check_programs "$checked" && postfix_check_ports "$checked"
}

# `lmbd:/etc/postfix/virtual` passes every checker and then refuses all mail.
postfix_check_map_types() {
  known=$(postconf -m | xargs)
  used=$(postconf -c "$1" -hx virtual_mailbox_maps virtual_alias_maps alias_maps smtpd_sender_login_maps \
    smtpd_tls_session_cache_database; postconf -c "$1" -P | grep -E '_maps = ' | sed 's/^.* = //')
  printf '%s\n' "$used" | tr -s ', ' '\n' | sed -n 's/^\(proxy:\)\{0,1\}\([a-z]*\):.*/\2/p' | sort -u |
    while IFS= read -r type; do
      case " $known " in *" $type "*) ;; *) false ;; esac || {
        complain "/etc/postfix/main.cf: map type \"$type\" is not known here; known are $known"
        return 1
      }
    done
}

postfix_check_programs() {
  directory=$(postconf -c "$1" -hx daemon_directory)
  postconf -c "$1" -Mf | awk '/^[^ #]/ && NF >= 8 { print $8 }' | sort -u | while IFS= read -r program; do
    [ -x "$directory/$program" ] || {
      complain "/etc/postfix/master.cf: there is no program $directory/$program"
      return 1
    }
  done
}

# A port name that /etc/services lacks passes every checker and then ends the master.
postfix_check_ports() {
  postconf -c "$1" -M | awk '$2 == "inet" { sub(/.*:/, "", $1); print $1 }' | while IFS= read -r port; do
    getent services "$port/tcp" >/dev/null || case $port in
      *[!0-9]*)
        complain "/etc/postfix/master.cf: there is no port named \"$port\" in /etc/services"
        return 1
        ;;
    esac
  done
}

postfix_prepare() {
  staged=$(postconf -c "$1/postfix.check" -hx inet_interfaces inet_protocols)
  running=$(postconf -hx inet_interfaces inet_protocols 2>/dev/null || true)
  if [ "$staged" = "$running" ]; then echo reload; else echo restart; fi
}

postfix_activate() {
  if systemctl --quiet is-active postfix.service; then
    # `systemctl reload` returns 0 whatever happens.
    case $1 in
      reload) postfix reload >/dev/null 2>&1 || { complain "postfix reload failed"; return 1; } ;;
      restart) systemctl restart postfix.service ;;
    esac
  else
    systemctl reset-failed postfix.service 2>/dev/null || true
    systemctl start postfix.service
  fi
}

postfix_probe() {
  until_ok probe_listeners master "$(postfix_greeting)" "$@"
}

postfix_probe_tls() {
  # While Dovecot is down each connection to 465 ends inside TLS. Bringing it back is not the matter of this change.
  systemctl --quiet is-active dovecot.service || return 0
  configured=$(postconf -hx smtpd_tls_chain_files | tr -s ', ' '\n' | xargs -r cat | certificate_digest)
  until_ok probe_tls smtp "$(postfix_greeting)" "$configured" "$@"
}

postfix_greeting() {
  printf '220 %s\n' "$(postconf -hx myhostname)"
}

# What the log says since CURSOR that Postfix had better not say.
postfix_messages() {
  messages_since "$1" postfix/master 'fatal|panic|error|warning'
  journalctl --quiet --no-pager --output=cat --after-cursor="$1" --unit='postfix*' | grep -E 'fatal|panic' || true
}

# Of that, what is not merely the master's word of a process that ended.
postfix_refusals() {
  postfix_messages "$1" | grep -v '^warning: .*\(process .* exit status\|bad command startup\)' || true
}
