# shellcheck shell=sh
# Functions that all daemons' steps share. Debian's sh(1) is dash.

complain() {
  printf '%s\n' "$*" >&2
}

# The staged copy of FILE with every path that is staged too pointing into the stage, so that a checker opens the new
# certificate and not the one that is in use, or none.
# checkable STAGE FILE
checkable() {
  sed_script=$(find "$1/etc" -type f ! -name '*.checkable' | while IFS= read -r staged; do
    printf 's|%s|%s|g\n' "${staged#"$1"}" "$staged"
  done)
  sed "$sed_script" "$1$2" >"$1$2.checkable"
  printf '%s\n' "$1$2.checkable"
}

# Postfix's programs wait while main.cf, or a texthash, is younger than two seconds, lest somebody is still writing it.
# cool DIRECTORY
cool() {
  find "$1" -type f -exec touch -d '1 minute ago' {} +
}

# Where the journal stands now, for messages_since.
journal_cursor() {
  journalctl --quiet --lines=0 --show-cursor | sed -n 's/^-- cursor: //p'
}

# What the program IDENTIFIER said since CURSOR, of severity warning and worse or with one of the words PATTERN.
# messages_since CURSOR IDENTIFIER PATTERN
messages_since() {
  journalctl --quiet --no-pager --output=cat --after-cursor="$1" --identifier="$2" | grep -E "$3" || true
}

# The first line that a service says to who connects.
# banner ADDRESS:PORT
banner() {
  address=${1%:*}
  [ "$address" != '*' ] || address=127.0.0.1
  # shellcheck disable=SC2016 # expanded by bash, which alone has /dev/tcp
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && IFS= read -r line <&3 && printf "%s\n" "$line"' \
    "$address" "${1##*:}" 2>/dev/null
}

# Whether one of PROCESSES (a pattern) listens on ADDRESS:PORT; `*` is any address.
# listens ADDRESS:PORT PROCESSES
listens() {
  case ${1%:*} in
    '*') socket="(0\\.0\\.0\\.0|\\*|\\[::\\]):${1##*:}" ;;
    *) socket=$(printf '%s' "$1" | sed 's/[].*[]/\\&/g') ;;
  esac
  ss -Hltnp | awk '{ print $4, $6 }' | grep -Eq "^$socket users:.*\"($2)\""
}

# Every listener is there and greets as it should.
# probe_listeners PROCESSES GREETING ADDRESS:PORT...
probe_listeners() {
  processes=$1
  greeting=$2
  shift 2
  for listener; do
    listens "$listener" "$processes" || {
      complain "nothing of $processes listens on $listener"
      return 1
    }
    case $(banner "$listener") in
      "$greeting"*) ;;
      *)
        complain "$listener does not greet with \"$greeting\""
        return 1
        ;;
    esac
  done
}

# Runs a probe until it succeeds, for as long as $daemon may take to start, or until it refuses its configuration; the
# probe's last complaint is shown.
# until_ok COMMAND...
until_ok() {
  complaint=$(mktemp)
  deadline=$(($(date +%s) + 8))
  until "$@" 2>"$complaint"; do
    if [ "$(date +%s)" -ge $deadline ] || [ -n "$("${daemon:?}_refusals" "${cursor:?}")" ]; then
      cat "$complaint" >&2
      rm "$complaint"
      return 1
    fi
    sleep 0.2
  done
  rm "$complaint"
}
