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

default_check() {
  :
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

default_messages() {
  :
}

default_refusals() {
  :
}
