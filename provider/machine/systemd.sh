# shellcheck shell=sh
# A machine that systemd runs: how its services are controlled and its log is read. Every script on the host may use these
# functions; another kind of machine has the same ones. Manual pages: systemctl(1), journalctl(1).

# Why this is no such machine; prints nothing where it is one.
machine_complaint() {
  [ -d /run/systemd/system ] ||
    echo "was not started by systemd, which runs the mail daemons: a container without it cannot be the host"
}

service_is_active() {
  systemctl --quiet is-active -- "$1"
}

service_is_enabled() {
  systemctl --quiet is-enabled -- "$1"
}

# One word: active, inactive, failed ...
service_state() {
  systemctl is-active -- "$1" || true
}

# Three words, `yes` or `no`: is there such a service, does it start at boot, does it run?
service_facts() {
  systemctl show --property LoadState,UnitFileState,ActiveState -- "$1" | awk -F= '
    { value[$1] = $2 }
    function yes(truth) { return truth ? "yes" : "no" }
    END { print yes(value["LoadState"] == "loaded"), yes(value["UnitFileState"] == "enabled"), yes(value["ActiveState"] ~ /^(active|reloading|activating)$/) }'
}

# Also where it has failed too often.
service_start() {
  systemctl reset-failed -- "$1" 2>/dev/null || true
  systemctl start -- "$1"
}

service_stop() {
  systemctl stop -- "$1"
}

service_restart() {
  systemctl reset-failed -- "$1" 2>/dev/null || true
  systemctl restart -- "$1"
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

# What an administrator would look at first; of a unit that only stands for another one, that too.
service_explain() {
  # shellcheck disable=SC2046 # no name, or one
  systemctl --no-pager --full status -- "$1" $(systemctl show --property BindsTo --value -- "$1") || true
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
Before=$2

[Service]
Type=oneshot
ExecStart=/bin/sh $1 boot

[Install]
WantedBy=multi-user.target"
  unit_file=/etc/systemd/system/mailhost.service
  [ "$(cat $unit_file 2>/dev/null)" = "$unit_text" ] || {
    printf '%s\n' "$unit_text" >$unit_file && chmod 644 $unit_file && systemctl --quiet enable mailhost.service
  }
}

never_undo_at_boot() {
  systemctl --quiet disable mailhost.service 2>/dev/null || true
  rm -f /etc/systemd/system/mailhost.service
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
  journalctl --quiet --lines=1 --show-cursor --output=cat "_SYSTEMD_UNIT=$1" | sed -n '$s/^-- cursor: //p'
}

# What the programs of a service said since MARK, each message on a line, without what anybody else logs under their names:
# time, then `PROGRAM[PROCESS]: MESSAGE`.
# log_since MARK SERVICE
log_since() {
  journalctl --quiet --no-pager --output=short --no-hostname ${1:+--after-cursor="$1"} "_SYSTEMD_UNIT=$2"
}
