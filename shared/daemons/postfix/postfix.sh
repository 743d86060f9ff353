# shellcheck shell=sh
# Postfix's part in a configuration change. Manual pages: postfix(1), postconf(1), postconf(5), master(5).

postfix_check() {
  stage=$1
  checked=$stage/postfix.check
  mkdir -p "$checked"
  # dynamicmaps.cf names the map types that packages add, such as lmdb.
  cp -r /etc/postfix/dynamicmaps.cf /etc/postfix/dynamicmaps.cf.d "$checked" 2>/dev/null || true
  for file in main.cf master.cf; do
    cp "$(rebase_for_check "$stage" "/etc/postfix/$file")" "$checked/$file"
  done
  backdate "$checked"

  # An unknown or misspelt parameter is only a warning to Postfix.
  said=$(postconf -c "$checked" -n 2>&1 >/dev/null; postconf -c "$checked" -Mf 2>&1 >/dev/null)
  said="$said
$(postfix -c "$checked" check 2>&1 || true)"
  said=$(printf '%s\n' "$said" | postfix_check_complaints | sed "s|$checked|/etc/postfix|g" | sort -u)
  if [ -n "$said" ]; then
    complain "$said"
    return 1
  fi
  said=$(postfix_check_maps "$checked"; postfix_check_services "$checked")
  # A program is tried when all that it opens is known to be there, and smtpd's questions need a Postfix that answers.
  [ -n "$said" ] || said=$(postfix_try_services "$checked")
  [ -n "$said" ] || ! postfix_runs || said=$(postfix_try_restrictions "$checked")
  if [ -n "$said" ]; then
    complain "$(printf '%s\n' "$said" | sed "s|$checked|/etc/postfix|g; s|$stage||g" | sort -u)"
    return 1
  fi
}

# What `postfix check` says of the live files, of those that it copies into the chroot, and of messages that leave the queue while
# it looks for their owners, is not about the configuration that is checked.
postfix_check_complaints() {
  grep -v '^updating /\|symlink leaves directory\|not owned by\| /etc/postfix/\(main\.cf\|\./\)' |
    grep -vE '^find: .*/(incoming|active|defer|deferred|bounce|hold|trace|corrupt|flush)/.*: No such file or directory'
}

postfix_runs() {
  service_is_active "$postfix_unit"
}

# Seconds that a trial may take: many are made at once, on a busy host too; but before Postfix is there, smtpd waits in vain.
postfix_trial_limit() {
  if postfix_runs; then echo 60; else echo 9; fi
}

# Tables that no checker opens: `lmbd:/etc/postfix/virtual` passes them all and then refuses all mail.
# postfix_check_maps DIRECTORY
postfix_check_maps() {
  known=$(postconf -m | xargs)
  { postconf -c "$1" -nx; postconf -c "$1" -Px; } 2>/dev/null | awk '
    {
      name = $1
      $1 = $2 = ""
      count = split($0, words, /[ ,{}]+/)
      for (i = 1; i <= count; i++) {
        sub(/^proxy:/, "", words[i])
        if (words[i] ~ /^[a-z]+:\/[^\/]/ && words[i] !~ /^(unix|inet|file):/) print name, words[i]
      }
    }' | while read -r name table; do
    case " $known " in
      *" ${table%%:*} "*) ;;
      *)
        echo "$name: map type \"${table%%:*}\" is not known here; known are $known"
        continue
        ;;
    esac
    case $name in
      # Postfix makes these itself.
      *_database | *_cache_map | address_verify_map) continue ;;
    esac
    case ${table%%:*} in
      btree | cdb | cidr | hash | lmdb | pcre | regexp | texthash)
        postmap -c "$1" -q mailhost "$table" 2>&1 >/dev/null </dev/null | grep -E "fatal:|error:" | sed "s|^|$name: |"
        ;;
    esac
  done
}

# A port name or a program that is not there ends the master process.
# postfix_check_services DIRECTORY
postfix_check_services() {
  directory=$(postconf -c "$1" -hx daemon_directory)
  postconf -c "$1" -M | while read -r name type _ _ _ _ _ program _; do
    [ -x "$directory/$program" ] || echo "/etc/postfix/master.cf: there is no program $directory/$program"
    case $type/${name##*:} in
      inet/*[!0-9]*)
        getent services "${name##*:}/tcp" >/dev/null ||
          echo "/etc/postfix/master.cf: there is no port named \"${name##*:}\" in /etc/services"
        ;;
    esac
  done
}

# Lets the programs read their parameters, for they alone know what each may be. Started by hand, they say then that
# they cannot go on; smtpd, smtp and lmtp serve what they read from standard input (-S), and so look at TLS too.
# postfix_try_services DIRECTORY
postfix_try_services() {
  options=$(postconf -c "$1" -P 2>/dev/null)
  limit=$(postfix_trial_limit)
  postconf -c "$1" -M | awk '/ -o / || !tried[$8]++ { print $1 "/" $2, $8 }' | {
    while read -r service program; do
      postfix_try_service "$1" "$service" "$program" | sed "s|^[^ ]*: |$service: |" &
    done
    wait
  }
}

# Each is left alone as soon as it has read all: it would wait for a second, or for a message to deliver. What it says then is
# the proof that it came so far.
postfix_try_service() {
  case $3 in
    smtpd)
      read_all='^250[ -]'
      said=$(printf 'EHLO localhost\r\nSTARTTLS\r\n' | postfix_smtpd "$1" "$2")
      ;;
    smtp | lmtp)
      read_all=delivery_request_protocol
      said=$({ postfix_run "$1" "$2" "$3" -S -u -V & } | sed -zu "/^$read_all/q" | tr '\0' '\n')
      ;;
    *)
      # virtual(8), which is not in use, has no mailboxes.
      read_all='virtual_mailbox_base = $\|fatal: no transport type specified\|requires a process limit of'
      said=$({ postfix_run "$1" "$2" "$3" -V & } | sed -u "/$read_all/q")
      ;;
  esac
  # Of no entropy speaks one whose Postfix has not been started yet.
  printf '%s\n' "$said" | grep -v "$read_all" | grep -aE 'fatal:|panic:|nvalid|disabling TLS' | grep -v 'no entropy' ||
    printf '%s\n' "$said" | grep -aq "$read_all" ||
    # smtpd waits for proxymap(8), which is not there before Postfix is; then its first greeting is the proof.
    { [ "$3" = smtpd ] && ! postfix_runs; } ||
    echo "$3: could not be tried in time; it said: $(printf '%s\n' "$said" | tail -n 1)"
}

# Whether smtpd knows all that its lists of restrictions ask of it: it reads a list only when a recipient is named, and
# refuses all of them then ("451 4.3.5 Server configuration error"), or goes on without what it does not understand. Each
# restriction is tried alone: in its list it is not looked at when another one before it decides.
# postfix_try_restrictions DIRECTORY
postfix_try_restrictions() {
  options=
  limit=$(postfix_trial_limit)
  tab=$(printf '\t')
  myhostname=$(postconf -c "$1" -hx myhostname)
  postfix_restrictions "$1" | {
    while IFS=$tab read -r list restriction; do
      postfix_try_restriction "$1" "$list" "$restriction" &
    done
    wait
  }
}

# The restrictions of all lists and classes, each once with its argument: LIST <tab> RESTRICTION
# postfix_restrictions DIRECTORY
postfix_restrictions() {
  classes=$(postconf -c "$1" -hx smtpd_restriction_classes | tr -s ', ' '|')
  { postconf -c "$1" -nx; postconf -c "$1" -Px; } 2>/dev/null | grep -E "^([^ ]*_restrictions${classes:+|$classes}) = ." | awk -F ' = ' '
    function end_of_word() {
      if (word == "") return
      if (restriction != "") { print_once(restriction " " word); restriction = "" }
      else if (word ~ /^(check_.*|(reject|permit)_(rbl|rhsbl|dnswl|rhswl)_.*|sleep)$/) restriction = word
      else print_once(word)
      word = ""
    }
    # smtpd expands parameters once more.
    function print_once(text) { gsub(/\$/, "$$", text); if (!printed[text]++) print $1 "\t" text }
    {
      word = restriction = ""
      text = substr($0, length($1) + 4)
      for (i = depth = 0; ++i <= length(text); word = word letter) {
        letter = substr(text, i, 1)
        depth += (letter == "{") - (letter == "}")
        if (!depth && letter ~ /[ ,\t]/) { end_of_word(); letter = "" }
      }
      end_of_word()
      if (restriction != "") print_once(restriction)
    }'
}

# postfix_try_restriction DIRECTORY LIST RESTRICTION
postfix_try_restriction() {
  # All commands come at once here.
  [ "$3" != reject_unauth_pipelining ] || return 0
  case $3 in
    # smtpd takes the next restriction for the argument that is missing.
    *' permit' | *' reject' | *' permit_'* | *' reject_'* | *' check_'* | *' defer_'* | *' warn_if_reject')
      echo "$2: restriction ${3%% *} lacks its argument: what follows is ${3#* }"
      return 0
      ;;
  esac
  said=$(printf 'EHLO localhost.example\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster@%s>\r\n' "$myhostname" |
    postfix_smtpd "$1" none -o mynetworks= -o smtpd_tls_security_level=none -o smtpd_delay_reject=yes \
      -o smtpd_client_restrictions="$3" -o smtpd_helo_restrictions= -o smtpd_sender_restrictions= \
      -o smtpd_relay_restrictions=reject)
  case $said in
    *'451 4.3.5 '*'onfiguration '*) wanted='warning:|error:' ;;
    # "restriction `NAME' ignored" is about this trial, which has no SASL.
    *) wanted='fatal:|panic:|warning: (restriction [^`]|support for restriction |access table )' ;;
  esac
  printf '%s\n' "$said" | grep -aE "$wanted" | sed "s|^[^ ]*: |$2: |" | grep . && return
  # The greeting, and an answer to each command.
  [ "$(printf '%s\n' "$said" | grep -c '^[245][0-9][0-9] ')" -ge 4 ] ||
    echo "$2: smtpd could not be tried in time; it said: $(printf '%s\n' "$said" | tail -n 1)"
}

# A conversation with smtpd on standard input, without what other programs would have to be there for, and without mail
# to the postmaster about it.
# postfix_smtpd DIRECTORY SERVICE OPTION...
postfix_smtpd() {
  directory=$1 service=$2
  shift 2
  RES_OPTIONS='timeout:1 attempts:1' postfix_run "$directory" "$service" smtpd -S -u -V -o notify_classes= \
    -o smtpd_tls_wrappermode=no -o smtpd_milters= -o smtpd_sasl_auth_enable=no -o smtpd_forbid_unauth_pipelining=no \
    -o smtpd_client_connection_count_limit=0 -o smtpd_client_connection_rate_limit=0 "$@"
}

# Runs a program of Postfix as SERVICE on the configuration in DIRECTORY for up to $limit seconds, and prints all that it says.
# Each OPTION counts more than those of $options, which master.cf gives. The system's log is kept out of it: people would be alarmed.
# postfix_run DIRECTORY SERVICE PROGRAM OPTION...
postfix_run() {
  configuration=$1 service=$2 program=$3
  shift 3
  given=$#
  while IFS= read -r option; do
    case $option in "$service"/*) set -- "$@" -o "${option#"$service/"}" ;; esac
  done <<END
$options
END
  while [ "$given" -gt 0 ]; do
    option=$1
    shift
    set -- "$@" "$option"
    given=$((given - 1))
  done
  # shellcheck disable=SC2016 # expanded by the inner sh
  MAIL_CONFIG=$configuration timeout "$limit" unshare --mount sh -c '
    log=$(readlink -f /dev/log) && [ ! -S "$log" ] || mount --bind /dev/null "$log"
    exec "$@"' sh "/usr/lib/postfix/sbin/$program" "$@" 2>&1 || true
}

# Debian's package makes both of files of its own; in main.cf it then answers the questions of debconf(7), as in
# /var/lib/dpkg/info/postfix.postinst.
postfix_is_original() {
  case $1 in
    /etc/postfix/master.cf) cmp -s "$1" /usr/share/postfix/master.cf.dist ;;
    /etc/postfix/main.cf)
      answered='myhostname|myorigin|mydestination|mynetworks|relayhost|mailbox_size_limit|recipient_delimiter|inet_(interfaces|protocols)|alias_(maps|database)|default_transport|relay_transport'
      known=$(sed -nE 's/^#?([a-z_0-9]+) *=.*/\1/p' /usr/share/postfix/main.cf.debian /usr/share/postfix/main.cf.tls 2>/dev/null)
      ! grep -Ev '^(#|[[:space:]]|$)' "$1" | grep -vE "^(${answered}|$(printf '%s' "$known" | tr '\n' '|')) *=" | grep -q . &&
        ! grep -q '^relayhost *= *[^ ]' "$1"
      ;;
    *) default_is_original "$1" ;;
  esac
}

postfix_prepare() {
  staged=$(postconf -c "$1/postfix.check" -hx inet_interfaces inet_protocols)
  running=$(postconf -hx inet_interfaces inet_protocols 2>/dev/null || true)
  if [ "$staged" = "$running" ]; then echo reload; else echo restart; fi
}

postfix_activate() {
  activate "$postfix_unit" "$1" postfix_reload
}

postfix_reload() {
  # systemd's own reload returns 0 whatever happens.
  postfix reload >/dev/null 2>&1 || {
    complain "postfix reload failed"
    return 1
  }
  await_word postfix '^([^ ]+ )?[^ ]*/master\[[0-9]+\]: reload -- version '
}

postfix_probe() {
  until_ok probe_listeners master "$(postfix_greeting)" "$@" || {
    postfix_words "$mark" | grep 'smtpd' >&2
    return 1
  }
  [ "${postfix_was_running:-yes}" = no ] || return 0
  # When it was checked, there was no Postfix that could answer smtpd's questions.
  said=$(postfix_try_restrictions /etc/postfix)
  [ -z "$said" ] || {
    complain "$said"
    return 1
  }
}

postfix_probe_tls() {
  # While Dovecot is down each connection to 465 ends inside TLS. Bringing it back is not the matter of this change.
  service_is_active "$dovecot_unit" || return 0
  configured=$(postconf -hx smtpd_tls_chain_files | tr -s ', ' '\n' | xargs -r cat | certificate_digest)
  until_ok probe_tls smtp "$(postfix_greeting)" "$configured" "$@"
}

postfix_greeting() {
  printf '220 %s\n' "$(postconf -hx myhostname)"
}

# postconf(5) maillog_file.
postfix_log_file() {
  postconf -hx maillog_file 2>/dev/null
}

# What Postfix complained of since MARK: its master, and of other programs what they end with. Not smtpd: it ends by what
# strangers do too, as while Dovecot is not there, and is asked on each of its ports. Nor a master that was told to end, and
# found its processes gone already.
postfix_messages() {
  postfix_words "$1" | grep -v -e 'smtpd' -e '^fatal: master_sigdeath: kill process group: ' || true
}

postfix_words() {
  said_by postfix "$1" | sed -nE \
    's,^([^ ]+ )?[^ ]*/master\[[0-9]+\]: ((fatal|panic|error|warning): .*),\2,p;s,^([^ ]+ )?([^ ]*/[a-z]+)\[[0-9]+\]: ((fatal|panic): .*),\2: \3,p'
}

# Of that, what is about the configuration as a whole and not about one process.
postfix_refusals() {
  postfix_messages "$1" | grep '^[a-z]*: ' | grep -v '^warning: .*\(process .* exit status\|bad command startup\)' || true
}
