# shellcheck shell=sh
# What a daemon's hooks do unless it has its own; shared/daemons/daemon.ts says what each is for. Set before, for each daemon
# NAME: NAME_unit, NAME_processes (a pattern).

# The daemon's own hook, or the default one.
# hook NAME STEP ARGUMENT...
hook() {
  hook_of=$1 hook_step=$2
  shift 2
  eval "unit=\$${hook_of}_unit processes=\$${hook_of}_processes"
  if command -v "${hook_of}_$hook_step" >/dev/null; then
    "${hook_of}_$hook_step" "$@"
  else
    "default_$hook_step" "$@"
  fi
}

# Where the log of a daemon stands, for said_by.
# log_mark_of NAME
log_mark_of() {
  file=$(hook "$1" log_file)
  eval "unit=\$${1}_unit"
  printf '%s %s\n' "$(log_mark "$unit")" "$(stat -Lc %s "${file:--}" 2>/dev/null)"
}

# What a daemon said since MARK, in the system's log and in a file of its own: `PROGRAM[PROCESS]: MESSAGE`, in its own file as
# it writes there. All else in a message may come from outside, so patterns are tied to where a line starts.
# said_by NAME MARK
said_by() {
  file=$(hook "$1" log_file)
  eval "unit=\$${1}_unit"
  {
    log_since "${2% *}" "$unit"
    [ -z "$file" ] || tail -c "+$((${2##* } + 1))" "$file" 2>/dev/null
  } | sed -E 's/^[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} //'
}

# Waits until a daemon says that it has read its configuration anew: commands that ask it to say only that it was asked.
# await_word NAME PATTERN
await_word() {
  within 30 says "$1" "$mark" "$2"
}

says() {
  said_by "$1" "$2" | grep -Eq "$3" || {
    complain "$1 does not say that it has read the new configuration"
    return 1
  }
}

default_check() {
  :
}

# As its package, or ucf(1) for it, has put it there.
default_is_original() {
  sum=$(md5sum <"$1") && sum=${sum%% *} && {
    # shellcheck disable=SC2016 # dpkg-query's own
    dpkg-query -W -f '${Conffiles}\n' | grep -qF " $1 $sum" || grep -qxF "$sum  $1" /var/lib/ucf/hashfile 2>/dev/null
  }
}

default_prepare() {
  echo reload
}

default_activate() {
  case $unit in
    # The program that a timer runs reads its configuration each time.
    *.timer) service_is_active "$unit" || service_start "$unit" ;;
    *) activate "$unit" "$1" service_reload "$unit" ;;
  esac
}

default_probe() {
  until_ok service_is_active "$unit" && until_ok probe_listeners "$processes" '' "$@"
}

default_probe_tls() {
  :
}

default_log_file() {
  :
}

default_messages() {
  :
}

default_refusals() {
  :
}
