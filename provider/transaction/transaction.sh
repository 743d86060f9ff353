# shellcheck shell=sh
# A change of configuration files, all or nothing:
# stage, check, keep, swap, activate, probe; on failure the previous files come back.
#
# From before the first file is replaced until all is proven, or undone, $stage/undo is there: a program that undoes the change
# where this one has ended. systemd runs it before the daemons at boot, and the next deployment does.
#
# errexit counts for nothing below `if`, `&&` and `||`, which all of this is: each status that matters is looked at, and what
# must be true of a file is asked of the file.
#
# Set before: stage, previous, originals (directories); lists of paths, one a line, in the order of the swap: changed; removed
# (they go in the swap), obsolete (they go when nothing names them any more), foreign (of changed, what we have not written before);
# lists of lines `sha256 path`, `-` for a file that is not there: expected (those of all these files when they were looked
# at), wanted (those of changed), kept (those of all files of the configuration in force, empty where none of it is to be
# kept); unchanged (paths of kept that stay as they are); daemons (names, in the order of activation; hooks.sh says what each has), leaving (names of
# daemons that no longer take part, but read removed files); for each daemon NAME_listeners and NAME_previous_listeners (as
# probe_listeners takes them), and NAME_action=restart where a reload is not enough; units (those of all daemons).

# A list is taken apart at its blanks, and no more is made of it: `*:25` is no pattern of file names.
set -f

newline='
'

# Calls COMMAND with each path of LIST, until it fails.
# each LIST COMMAND...
each() {
  list=$1
  shift
  while IFS= read -r path <&3; do
    [ -z "$path" ] || "$@" "$path" || return 1
  done 3<<END
$list
END
}

# Whether each file below DIRECTORY is what LIST of digests says of it; prints the first that is not.
# is_as_listed DIRECTORY LIST
is_as_listed() {
  sums=
  while read -r digest path; do
    case $digest in
      '') ;;
      -)
        [ ! -e "$1$path" ] || {
          printf '%s\n' "$path"
          return 1
        }
        ;;
      *) sums="$sums$digest  $1$path$newline" ;;
    esac
  done <<END
$2
END
  [ -z "$sums" ] || odd=$(printf %s "$sums" | sha256sum --check --quiet 2>/dev/null) || {
    odd=${odd%%: FAILED*}
    printf '%s\n' "${odd#"$1"}"
    return 1
  }
}

verify_staged() {
  torn=$(is_as_listed "$stage" "$wanted") || {
    complain "${torn:-a file} could not be staged in $stage; nothing was changed"
    return 1
  }
}

# The live files are still those that were looked at; else they were edited meanwhile.
verify_unedited() {
  edited=$(is_as_listed '' "$expected") || {
    if [ -z "$edited" ]; then
      complain "sha256sum(1) does not tell what the present files are; nothing was changed"
    elif [ -d "$edited" ]; then
      complain "$edited is a directory; nothing was changed. Move it away"
    else
      complain "$edited was edited while this deployment ran; nothing was changed. Preview again"
    fi
    return 1
  }
}

check_staged() {
  refused=
  for daemon in $daemons; do
    hook "$daemon" check "$stage" || {
      complain "$daemon refused the staged configuration; the running one is unchanged"
      refused=yes
    }
  done
  [ -z "$refused" ]
}

# Whether each daemon runs, and what the change needs of it.
look_at_daemons() {
  running=
  for daemon in $leaving; do
    eval "unit=\$${daemon}_unit"
    ! service_is_active "$unit" || daemons="$daemons $daemon"
  done
  for daemon in $daemons; do
    was_running=no
    eval "unit=\$${daemon}_unit action=\${${daemon}_action:-}"
    ! service_is_active "$unit" || was_running=yes
    [ -n "$action" ] || action=$(hook "$daemon" prepare "$stage") || {
      complain "$daemon does not say what the change needs; nothing was changed"
      return 1
    }
    eval "${daemon}_was_running=$was_running ${daemon}_action=$action"
    [ $was_running = no ] || running="$running $daemon"
  done
}

# The file that PATH is, or is a link to.
target_of() {
  if [ -L "$1" ]; then readlink -m -- "$1"; else printf '%s\n' "$1"; fi
}

# Brings to disk what was renamed, made or removed where the files of LIST are.
# settle LIST
settle() {
  names=$1 directory=
  set --
  while IFS= read -r name; do
    [ -n "$name" ] || continue
    name=$(target_of "$name") || return 1
    # Neighbours in the list are often neighbours on the disk.
    [ "$directory" != "${name%/*}" ] || continue
    directory=${name%/*}
    [ ! -d "$directory" ] || set -- "$@" "$directory"
  done <<END
$names
END
  [ $# = 0 ] || sync "$@"
}

# A directory, with those that it is in, for a file that needs it.
make_directory() {
  [ -d "$1/" ] || { make_directory "${1%/*}" && install -d "$1" && settle "$1"; }
}

# A copy: a moved or hard-linked file stays in use by the programs that have it open.
# copy FROM TO
copy() {
  mkdir -p "${2%/*}" && cp -aL -- "$1" "$2"
}

keep() {
  [ ! -e "$1" ] || copy "$1" "$stage/before$1"
}

# What the distribution had there is kept once, for the day when we go; also that there was nothing.
keep_original() {
  if [ -e "$originals$1" ] || [ -e "$originals$1.absent" ]; then return 0; fi
  make_directory "$originals${1%/*}" || return 1
  if [ -e "$1" ]; then
    copy "$1" "$originals$1.part" && sync "$originals$1.part" && mv -fT -- "$originals$1.part" "$originals$1"
  else
    : >"$originals$1.absent"
  fi && settle "$originals$1"
}

stage_original() {
  [ ! -e "$originals$1" ] || copy "$originals$1" "$stage$1"
}

# All that the swap and its undo need lies on the file system of the files, so that both are renames: a full disk stops them
# here, where nothing has been touched.
prepare_swap() {
  { each "$changed$newline$removed$newline$obsolete" keep && unkept=$(is_as_listed "$stage/before" "$expected") &&
    each "$foreign" keep_original && each "$removed$newline$obsolete" stage_original; } || {
    verify_unedited && complain "${unkept:-${path:-a present file}} could not be kept; nothing was changed"
    return 1
  }
}

# The undo from elsewhere becomes possible when all that it needs is on the disk, and only then.
open_journal() {
  undo_at_boot "$stage/undo" "$units" &&
    printf 'running="%s"\n' "$running" | cat - "$stage/undo.part" >"$stage/undo.new" &&
    find "$stage" -exec sync {} + &&
    mv -fT -- "$stage/undo.new" "$stage/undo" && sync "$stage"
}

close_journal() {
  rm -f -- "$stage/undo" && [ ! -e "$stage/undo" ] && sync "$stage"
}

# Renames FILE to PATH; a link that an administrator made stays one.
# put FILE PATH
put() {
  target=$(target_of "$2") && make_directory "${target%/*}" && mv -fT -- "$1" "$target"
}

swap_in() {
  swapped=$1$newline$swapped
  put "$stage$1" "$1"
}

# To the distribution's file, if there was one.
swap_out() {
  swapped=$1$newline$swapped
  if [ -e "$originals$1" ]; then put "$stage$1" "$1"; else rm -f -- "$1" && [ ! -e "$1" ]; fi
}

# The key and the certificate first, main.cf last; then what daemons would find in a directory.
swap() {
  { each "$changed" swap_in && each "$removed" swap_out && settle "$swapped" && unswapped=$(is_as_listed '' "$wanted"); } || {
    complain "${unswapped:-$path} could not be replaced"
    return 1
  }
}

# systemd reads the units of the daemons anew on request.
reload_units() {
  case $changed$removed in
    */etc/systemd/system/*) services_reread ;;
  esac
}

activate_and_probe() {
  reload_units || return 1
  for daemon in $daemons; do
    eval "action=\$${daemon}_action listeners=\$${daemon}_listeners"
    activated="$activated $daemon"
    mark=$(log_mark_of "$daemon")
    { hook "$daemon" activate "$action" && daemon_works; } || {
      complain_of_daemon
      return 1
    }
  done
  # Only now, because Postfix ends a connection of submission inside TLS while Dovecot is not there.
  for daemon in $daemons; do
    eval "listeners=\$${daemon}_listeners"
    mark=$(log_mark_of "$daemon")
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

# Whether $daemon, activated at $mark, serves $listeners and does not complain. A process that starts in the very
# moment of the change may fail once, on a busy host, so what such a one says counts only if it is said again.
daemon_works() {
  # shellcheck disable=SC2086 # a list
  hook "$daemon" probe $listeners || return 1
  [ -z "$(hook "$daemon" refusals "$mark")" ] || return 1
  [ -n "$(hook "$daemon" messages "$mark")" ] || return 0
  again=$(log_mark_of "$daemon")
  # shellcheck disable=SC2086 # a list
  hook "$daemon" probe $listeners || return 1
  [ -z "$(hook "$daemon" messages "$again")" ]
}

# Whether PATH was not there before.
was_absent() {
  case $newline$expected$newline in
    *"$newline- $1$newline"*) ;;
    *) return 1 ;;
  esac
}

# Goes on after an error: each file that comes back counts. What failed is kept where that can be done by the way.
restore() {
  target=$(target_of "$1") || return 0
  if was_absent "$1"; then
    rm -f -- "$target"
  elif [ -e "$stage/before$1" ]; then
    ! { mkdir -p "$stage/after${1%/*}" && ln -- "$target" "$stage/after$1"; } 2>/dev/null
    mv -fT -- "$stage/before$1" "$target"
  fi || return 0
}

# The way back is the way of the swap.
put_back() {
  each "$swapped" restore 2>/dev/null
  are_back || {
    each "$swapped" restore
    are_back
  }
}

# A file that was edited after it had come back needs nothing more.
are_back() {
  is_as_listed '' "$expected" >/dev/null || [ -z "$(each "$swapped" tell_remedy)" ]
}

# Whether $daemon serves $listeners by the previous configuration after ACTION.
# works_again ACTION
works_again() {
  mark=$(log_mark_of "$daemon")
  # shellcheck disable=SC2086 # a list
  hook "$daemon" activate "$1" && { [ -z "$listeners" ] || hook "$daemon" probe $listeners; } && service_is_active "$unit"
}

# The daemons as they were: those that did not run are stopped, the others must serve the previous configuration. One that was
# not activated is left alone.
undo() {
  trap '' HUP INT TERM
  files_back=no
  ! put_back || ! settle "$swapped" || ! close_journal || files_back=yes
  undone=$files_back
  reload_units || undone=no
  for daemon in $activated; do
    eval "unit=\$${daemon}_unit was_running=\$${daemon}_was_running action=\$${daemon}_action listeners=\$${daemon}_previous_listeners"
    if [ "$was_running" = no ]; then
      service_stop "$unit" || undone=no
    else
      works_again "$action" || { [ "$action" != restart ] && works_again restart; } || undone=no
    fi
  done
  if [ "$undone" = yes ]; then
    complain "The previous configuration is back in force."
  elif [ "$files_back" = yes ]; then
    complain "THE PREVIOUS CONFIGURATION IS NOT BACK IN FORCE. Its files are, but not all daemons work with them." \
      "As root on the host, see what they lack, then deploy again:"
    # shellcheck disable=SC2086 # a list
    complain "  $(services_look $activated)"
  else
    complain "THE PREVIOUS CONFIGURATION IS NOT BACK IN FORCE. What lies in $stage/before was there before." \
      "As root on the host, run these commands, then deploy again:"
    each "$swapped" tell_remedy >&2
    # shellcheck disable=SC2086 # a list
    complain "  $(services_look $activated)"
  fi
}

tell_remedy() {
  target=$(target_of "$1") || target=$1
  if was_absent "$1"; then
    [ ! -e "$target" ] || echo "  rm $target"
  elif [ -e "$stage/before$1" ]; then
    echo "  mv -fT $stage/before$1 $target"
  fi
}

# Files that could not come back are left for the administrator.
remove_stage() {
  [ "${files_back:-yes}" = no ] || rm -rf "$stage" || true
}

# What $stage/undo does after a transaction that ended in between, with $running as look_at_daemons found it. At boot the daemons
# have yet to start, and find the files as they were.
# recover [boot]
recover() {
  complain "A change of configuration broke off, and is undone."
  swapped=$(printf '%s\n' "$changed" "$removed" "$obsolete" | tac)
  activated=
  [ "${1:-}" = boot ] || activated="$daemons $leaving"
  for daemon in $activated; do
    was_running=no
    case " $running " in *" $daemon "*) was_running=yes ;; esac
    eval "${daemon}_was_running=$was_running ${daemon}_action=reload"
  done
  undo
  remove_stage
  # The files decide: daemons that do not work with them may work with those of the next change.
  [ ! -e "$stage/undo" ]
}

transaction() {
  swapped='' activated=''
  trap 'complain "the change was stopped"; undo; exit 1' HUP INT TERM
  verify_staged && verify_unedited && check_staged && look_at_daemons && prepare_swap && verify_unedited || return 1
  if open_journal && swap && activate_and_probe && each "$obsolete" swap_out && settle "$obsolete" && close_journal; then
    trap '' HUP INT TERM
  else
    undo
    return 1
  fi
}

# How many configurations that were in force are kept, and then their numbers.
most_kept=5
kept_numbers() {
  find "$previous" -mindepth 1 -maxdepth 1 -name '[1-9]*' -printf '%f\n' | sort -n
}

copy_unchanged() {
  copy "$1" "$new$1"
}

# What was in force before a transaction, whole: the files, $stage/set.json, which says what they are, and until when.
make_set() {
  rm -rf "$new" "${previous:?}/etc" && mkdir -p "$new" && each "$unchanged" copy_unchanged &&
    { [ ! -e "$stage/before" ] || cp -a "$stage/before/." "$new"; } && is_as_listed "$new" "$kept" >/dev/null &&
    cp "$stage/set.json" "$new" && date -u '+%F %T UTC' >"$new/until" && chmod 700 "$new" &&
    find "$new" -exec sync {} + && mv -T "$new" "$previous/$(($(kept_numbers | tail -n 1) + 1))" && sync "$previous"
}

# Keeps it for a roll-back. A change that is proven does not fail for that: what is wrong is printed.
keep_set() {
  [ -n "$kept" ] || return 0
  new=$previous/new
  if make_set; then
    kept_numbers | head -n -$most_kept | while read -r number; do rm -rf "${previous:?}/$number"; done || true
  else
    rm -rf "$new" || true
    echo "the configuration that was in force before could not be kept for a roll-back; is the file system of $previous full?"
  fi
}
