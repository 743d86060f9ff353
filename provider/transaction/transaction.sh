# shellcheck shell=sh
# A change of configuration files, all or nothing:
# stage, check, swap, activate, probe; on failure the previous files come back.
#
# Set before: stage, previous, originals, failed (directories); changed, removed (paths, one a line, in the order of the swap);
# daemons (names, in the order of activation; hooks.sh says what each has); expected (lines `sha256 path` of the live files, `-` where there is none);
# for each daemon NAME_listeners and NAME_previous_listeners (as probe_listeners takes them), and NAME_action=restart where
# a reload is not enough.

# The live files are still those that were looked at; else somebody edited them meanwhile.
verify_unedited() {
  printf '%s\n' "$expected" | while read -r digest path; do
    [ -n "$path" ] || continue
    actual=-
    [ ! -f "$path" ] || actual=$(sha256sum <"$path" | cut -d' ' -f1)
    [ "$actual" = "$digest" ] || {
      complain "$path was edited while this deployment ran; nothing was changed. Preview again"
      return 1
    }
  done
}

check_staged() {
  for daemon in $daemons; do
    hook "$daemon" check "$stage" || {
      complain "$daemon refused the staged configuration; the running one is unchanged"
      return 1
    }
  done
}

# Fills DIRECTORY, and with nothing else, with the live files whose paths are on standard input. They are copies: a moved
# or hard-linked file stays in use by who has it open.
# keep_in DIRECTORY
keep_in() {
  rm -rf "$1"
  mkdir -p "$1"
  while IFS= read -r path; do
    if [ -z "$path" ] || [ ! -e "$path" ]; then continue; fi
    mkdir -p "$1$(dirname "$path")"
    cp -aL "$path" "$1$path"
  done
}

swap_in() {
  printf '%s\n' "$changed" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    install -d "$(dirname "$path")"
    # A link that an administrator made stays one.
    mv -f "$stage$path" "$(readlink -m "$path")"
  done
}

# systemd reads the units of the daemons anew when it is told to.
reload_units() {
  case $changed in
    */etc/systemd/system/*) services_reread ;;
  esac
}

activate_and_probe() {
  reload_units
  for daemon in $daemons; do
    eval "action=\$${daemon}_action listeners=\$${daemon}_listeners"
    mark=$(log_mark)
    { hook "$daemon" activate "$action" && daemon_works; } || {
      complain_of_daemon
      return 1
    }
  done
  # Only now, because Postfix ends a connection of submission inside TLS while Dovecot is not there.
  for daemon in $daemons; do
    eval "listeners=\$${daemon}_listeners"
    mark=$(log_mark)
    # shellcheck disable=SC2086 # a list
    hook "$daemon" probe_tls $listeners || {
      complain_of_daemon
      return 1
    }
  done
}

complain_of_daemon() {
  complain "$daemon does not work with the new configuration"
  hook "$daemon" messages "$mark" >&2
}

# Whether $daemon, activated at $cursor, serves $listeners and does not complain. A process that starts in the very
# moment of the change may fail once, on a busy host, so what such a one says counts only if it is said again.
daemon_works() {
  # shellcheck disable=SC2086 # a list
  hook "$daemon" probe $listeners || return 1
  [ -z "$(hook "$daemon" refusals "$mark")" ] || return 1
  [ -n "$(hook "$daemon" messages "$mark")" ] || return 0
  again=$(log_mark)
  # shellcheck disable=SC2086 # a list
  hook "$daemon" probe $listeners || return 1
  [ -z "$(hook "$daemon" messages "$again")" ]
}

put_back() {
  printf '%s\n' "$changed" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ -e "$previous$path" ]; then
      cp -aL "$previous$path" "$stage$path"
      mv -f "$stage$path" "$(readlink -m "$path")"
    else
      rm -f "$path"
    fi
  done
}

# The daemons as they were: those that did not run are stopped, the others must serve the previous configuration.
undo() {
  # For the case that even the previous set does not work.
  printf '%s\n' "$changed" | keep_in "$failed"
  put_back
  reload_units
  undone=yes
  for daemon in $daemons; do
    eval "unit=\$${daemon}_unit was_running=\$${daemon}_was_running listeners=\$${daemon}_previous_listeners"
    if [ "$was_running" = no ]; then
      service_stop "$unit" || true
    else
      mark=$(log_mark)
      # shellcheck disable=SC2086 # a list
      { hook "$daemon" activate restart && { [ -z "$listeners" ] || hook "$daemon" probe $listeners; }; } || undone=no
      service_is_active "$unit" || undone=no
    fi
  done
  if [ "$undone" = yes ]; then
    rm -rf "$failed"
    complain "The previous configuration is back in force."
  else
    complain "THE PREVIOUS FILES ARE BACK, BUT NOT ALL DAEMONS RUN. Look with: $(services_look postfix dovecot);" \
      "the files that failed are in $failed, those before in $previous"
  fi
}

# What is no longer wanted goes last, when nothing names it any more: to the distribution's file, if there was one.
remove_files() {
  printf '%s\n' "$removed" | while IFS= read -r path; do
    [ -n "$path" ] || continue
    if [ -e "$originals$path" ]; then cp -aL "$originals$path" "$path"; else rm -f "$path"; fi
  done
}

transaction() {
  verify_unedited && check_staged || return 1
  for daemon in $daemons; do
    was_running=no
    eval "unit=\$${daemon}_unit"
    service_is_active "$unit" && was_running=yes
    eval "${daemon}_was_running=$was_running"
    eval "[ \"\${${daemon}_action:-}\" = restart ] || ${daemon}_action=\$(hook $daemon prepare \"\$stage\")"
  done
  printf '%s\n%s\n' "$changed" "$removed" | keep_in "$previous" || return 1
  if swap_in && activate_and_probe; then
    remove_files
  else
    undo
    return 1
  fi
}
