# shellcheck shell=sh
# A machine that systemd runs: how its services are controlled and its log is read. Every script on the host may use these
# functions; another kind of machine has the same ones. Manual pages: systemctl(1), journalctl(1).

# Why this is no such machine; prints nothing where it is one.
machine_complaint() {
  [ -d /run/systemd/system ] ||
    echo "was not started by systemd, which runs the mail daemons: a container without it cannot be the host"
}

# The unit and those that are part of it: on Debian 12, postfix.service does nothing but stand for its instances. On Debian 13 it
# is the first instance itself, and excludes the unit that was that before.
service_units() {
  echo "$1"
  service_parts "$1" | sed -n 's/^beside //p'
}

# What the service was before Debian was upgraded, as long as that runs. The unit is not restarted beside it: it is both a part of
# the unit, to be restarted, and excluded by it, to be stopped.
service_predecessor() {
  service_parts "$1" | sed -n 's/^before //p' | while read -r part; do
    ! systemctl --quiet is-active -- "$part" || echo "$part"
  done
}

# Each unit that is part of the unit, after `beside`, or after `before` where the unit excludes it.
service_parts() {
  systemctl show --property ConsistsOf,Conflicts -- "$1" | awk -F '[= ]' '
    $1 == "ConsistsOf" { for (i = 2; i <= NF; i++) if ($i != "") parts[$i] }
    $1 == "Conflicts" { for (i = 2; i <= NF; i++) excluded[$i] }
    END { for (part in parts) print part in excluded ? "before" : "beside", part }'
}

service_is_active() {
  case $(service_state "$1") in active | reloading) ;; *) return 1 ;; esac
}

service_is_enabled() {
  systemctl --quiet is-enabled -- "$1"
}

# One word: active, inactive, failed ... Of several units, that of the first which is not active.
service_state() {
  service_units "$1" | xargs -d '\n' systemctl is-active -- | awk '!/^(active|reloading)$/ { exit } END { print $1 }'
}

# Three words, `yes` or `no`: is there such a service, does it start at boot, does it run?
service_facts() {
  service_units "$1" | xargs -d '\n' systemctl show --property LoadState,UnitFileState,ActiveState -- | awk -F= '
    NF && !($1 in value) { value[$1] = $2 }
    $1 == "ActiveState" && $2 !~ /^(active|reloading|activating)$/ { down = 1 }
    function yes(truth) { return truth ? "yes" : "no" }
    END { print yes(value["LoadState"] == "loaded"), yes(value["UnitFileState"] == "enabled"), yes(!down) }'
}

# Also where it has failed too often.
service_start() {
  service_units "$1" | xargs -d '\n' systemctl reset-failed -- 2>/dev/null || true
  service_units "$1" | xargs -d '\n' systemctl start --
}

service_stop() {
  systemctl stop -- "$1"
}

service_restart() {
  service_predecessor "$1" | xargs -r -d '\n' systemctl stop -- || return 1
  service_units "$1" | xargs -d '\n' systemctl reset-failed -- 2>/dev/null || true
  service_units "$1" | xargs -d '\n' systemctl restart --
}

service_reload() {
  systemctl reload -- "$1"
}

# systemd loses sight of a daemon that runs when its unit gets an alias: such a daemon is stopped before.
service_enable() {
  ! systemctl cat -- "$1" | grep -q '^Alias=' || systemctl stop -- "$1" || return 1
  systemctl --quiet enable -- "$1"
}

service_disable() {
  systemctl --quiet disable -- "$1"
}

# What an administrator would look at first.
service_explain() {
  service_units "$1" | xargs -d '\n' systemctl --no-pager --full status -- || true
}

# The command with which an administrator looks at services.
services_look() {
  echo "systemctl status $*"
}

# Files of units count from now on.
services_reread() {
  systemctl daemon-reload
}

# Has the program FILE run with the argument `boot`, if it is there, before any of SERVICES, a list, is started at boot.
# undo_at_boot FILE SERVICES
undo_at_boot() {
  unit_text="[Unit]
Description=Undo of a change of configuration that broke off
ConditionPathExists=$1
Before=$(for service in $2; do service_units "$service"; done | xargs)

[Service]
Type=oneshot
ExecStart=/bin/sh $1 boot

[Install]
WantedBy=multi-user.target"
  unit_file=/etc/systemd/system/mailhost.service
  [ "$(cat $unit_file 2>/dev/null)" = "$unit_text" ] || {
    printf '%s\n' "$unit_text" >$unit_file && chmod 644 $unit_file && systemctl --quiet enable mailhost.service &&
      sync $unit_file /etc/systemd/system /etc/systemd/system/multi-user.target.wants
  }
}

never_undo_at_boot() {
  systemctl --quiet disable mailhost.service 2>/dev/null || true
  rm -f /etc/systemd/system/mailhost.service
}

# Where a file system is to be mounted, by a unit of systemd: a path a line.
mount_points() {
  systemctl list-unit-files --plain --no-legend --type=mount | while read -r unit state _; do
    [ "$state" = masked ] || systemctl show --property=Where --value -- "$unit"
  done
}

# The directory of a script that has one of its own: empty, and root's alone.
scratch_directory() {
  printf '%s\n' "$RUNTIME_DIRECTORY"
}

# Seconds since the machine was started: a clock that is never set.
uptime_seconds() {
  read -r seconds _ </proc/uptime
  echo "${seconds%.*}"
}

# Where the log of a service stands now, for log_since; nothing where the service has said nothing yet. The mark is of an entry of
# that service: behind any other, systemd 252 leaves out the first one.
# log_mark SERVICE
log_mark() {
  entries_of "$1" --lines=1 --show-cursor --output=cat | sed -n '$s/^-- cursor: //p'
}

# What the programs of a service said since MARK, each message on a line, without what anybody else logs under their names:
# time, then `PROGRAM[PROCESS]: MESSAGE`.
# log_since MARK SERVICE
log_since() {
  entries_of "$2" --output=short --no-hostname ${1:+--after-cursor="$1"}
}

# Entries of the log by the programs of a service; one of any of its units is enough.
# entries_of SERVICE OPTION...
entries_of() {
  entries_service=$1
  shift
  service_units "$entries_service" | sed 's/^/_SYSTEMD_UNIT=/' | xargs -d '\n' journalctl --quiet --no-pager "$@"
}
