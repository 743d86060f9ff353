# shellcheck shell=sh
# Functions that all daemons' steps share. Debian's sh(1) is dash.

complain() {
  printf '%s\n' "$*" >&2
}

# The staged copy of FILE with every path that is staged too pointing into the stage, so that a checker opens the new
# certificate and not the one that is in use, or none.
# rebase_for_check STAGE FILE
rebase_for_check() {
  sed_script=$(find "$1/etc" -type f ! -name '*.rebased' | while IFS= read -r staged; do
    printf 's|%s|%s|g\n' "${staged#"$1"}" "$staged"
  done)
  sed "$sed_script" "$1$2" >"$1$2.rebased"
  printf '%s\n' "$1$2.rebased"
}

# Postfix's programs wait while main.cf, or a texthash, is younger than two seconds, lest it is still being written.
# backdate DIRECTORY
backdate() {
  find "$1" -type f -exec touch -d '1 minute ago' {} +
}

# Where a listener is met from here, as ADDRESS:PORT; `*` is any address.
# reachable [tls:]ADDRESS:PORT
reachable() {
  printf '%s\n' "${1#tls:}" | sed 's/^\*/127.0.0.1/'
}

# Seconds that a service may take for its first words: before them smtpd(8) asks the resolver for the name of the client, and the
# resolver may not answer.
patience=20

# The first line that a service says after a connection, inside TLS where that begins at once.
# banner [tls:]ADDRESS:PORT
banner() {
  reached=$(reachable "$1")
  # shellcheck disable=SC2016 # expanded by bash, which alone has /dev/tcp and <()
  case $1 in
    tls:*)
      timeout "$patience" bash -c 'exec 3< <(exec openssl s_client -quiet -connect "$0" </dev/null)
        IFS= read -r line <&3 && printf "%s\n" "$line"
        kill $!' "$reached"
      ;;
    *)
      # /dev/tcp wants IPv6 addresses without their brackets.
      timeout "$patience" bash -c 'exec 3<>"/dev/tcp/$0/$1" && IFS= read -r line <&3 && printf "%s\n" "$line"' \
        "$(printf '%s' "${reached%:*}" | tr -d '[]')" "${reached##*:}"
      ;;
  esac 2>/dev/null
}

# Starts UNIT, or where it runs, restarts it or has COMMAND reload it, whichever ACTION says.
# activate UNIT ACTION COMMAND...
activate() {
  unit=$1 action=$2
  shift 2
  # What runs by the unit of an earlier release can only be replaced.
  [ -z "$(service_predecessor "$unit")" ] || action=restart
  if ! service_is_active "$unit"; then
    service_start "$unit"
  elif [ "$action" = restart ]; then
    service_restart "$unit"
  else
    "$@"
  fi
}

# The certificates on standard input, and nothing else that is there.
certificates() {
  awk '
    /-----BEGIN /                         { block = ""; inside = /-----BEGIN CERTIFICATE-----/ }
    inside                                { block = block $0 ORS }
    inside && /-----END CERTIFICATE-----/ { printf "%s", block; inside = 0 }
  '
}

# The digest of the first certificate on standard input; nothing where there is none.
certificate_digest() {
  openssl x509 -noout -fingerprint -sha256 2>/dev/null
}

# The certificates that a service shows, its own first, at once or after STARTTLS of PROTOCOL (smtp, imap).
# shown_certificates [tls:]ADDRESS:PORT PROTOCOL
shown_certificates() {
  case $1 in
    tls:*) starttls= ;;
    *) starttls="-starttls $2" ;;
  esac
  # shellcheck disable=SC2086 # none, or an option with its value
  timeout "$patience" openssl s_client -showcerts -connect "$(reachable "$1")" $starttls </dev/null 2>/dev/null | certificates
}

# The digest of the first of them.
# shown_certificate [tls:]ADDRESS:PORT PROTOCOL
shown_certificate() {
  shown_certificates "$@" | certificate_digest
}

# Whether a service shows the certificates in FILE, in their order.
# shows_certificates_of FILE [tls:]ADDRESS:PORT PROTOCOL
shows_certificates_of() {
  wanted=$(certificates <"$1" | tr -d '\r\n')
  [ -n "$wanted" ] || return 1
  shift
  case $(shown_certificates "$@" | tr -d '\r\n') in
    "$wanted"*) ;;
    *) return 1 ;;
  esac
}

# An address as ip(8) and ss(8) write it: IPv6 has many spellings.
canonical() {
  case $1 in
    *:*) getent ahostsv6 "$1" | awk '{ print $1; exit }' ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# Whether one of PROCESSES (a pattern) listens on ADDRESS:PORT; `*` is any address.
# listens ADDRESS:PORT PROCESSES
listens() {
  case ${1%:*} in
    '*') socket="(0\\.0\\.0\\.0|\\*|\\[::\\]):${1##*:}" ;;
    '['*) socket="\\[$(canonical "$(printf '%s' "${1%:*}" | tr -d '[]')")\\]:${1##*:}" ;;
    *) socket=$(printf '%s' "$1" | sed 's/[.]/\\&/g') ;;
  esac
  ss -Hltnp | awk '{ print $4, $6 }' | grep -Eq "^$socket users:.*\"($2)\""
}

# Every listener is there, and greets as it should where that is in clear.
# probe_listeners PROCESSES GREETING [tls:]ADDRESS:PORT...
probe_listeners() {
  processes=$1
  greeting=$2
  shift 2
  for listener; do
    listens "${listener#tls:}" "$processes" || {
      complain "nothing of $processes listens on ${listener#tls:}"
      return 1
    }
    case $listener in
      tls:*) ;;
      *) greets "$listener" "$greeting" || return 1 ;;
    esac
  done
}

# Whether the banner starts with GREETING.
# greets [tls:]ADDRESS:PORT GREETING
greets() {
  case $(banner "$1") in
    "$2"*) return ;;
  esac
  case $1 in
    tls:*) complain "${1#tls:} does not greet with \"$2\" inside TLS" ;;
    *) complain "$1 does not greet with \"$2\"" ;;
  esac
  return 1
}

# Every listener shows the certificate with that digest, if there is one, and greets where TLS begins at once.
# probe_tls PROTOCOL GREETING DIGEST [tls:]ADDRESS:PORT...
probe_tls() {
  protocol=$1
  greeting=$2
  digest=$3
  shift 3
  for listener; do
    case $listener in
      tls:*) greets "$listener" "$greeting" || return 1 ;;
    esac
    [ -z "$digest" ] || [ "$(shown_certificate "$listener" "$protocol")" = "$digest" ] || {
      complain "${listener#tls:} does not show the configured certificate"
      return 1
    }
  done
}

# Runs a probe until it succeeds, for as long as $daemon may take to start, or until it refuses its configuration; the
# probe's last complaint is shown.
# until_ok COMMAND...
until_ok() {
  within 8 "$@"
}

# within SECONDS COMMAND...
within() {
  deadline=$(($(uptime_seconds) + $1))
  shift
  until complaint=$("$@" 2>&1); do
    if [ "$(uptime_seconds)" -ge $deadline ] || [ -n "$(hook "${daemon:?}" refusals "${mark:?}")" ]; then
      printf '%s\n' "$complaint" >&2
      return 1
    fi
    sleep 0.2
  done
}
