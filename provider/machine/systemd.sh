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

# What an administrator would look at first.
service_explain() {
  systemctl --no-pager --full status -- "$1" || true
}

# The command with which an administrator looks at services.
services_look() {
  echo "systemctl status $*"
}

# Files of units count from now on.
services_reread() {
  systemctl daemon-reload
}

# Where the log stands now, for log_since.
log_mark() {
  journalctl --quiet --lines=0 --show-cursor | sed -n 's/^-- cursor: //p'
}

# What the program IDENTIFIER said since MARK.
# log_since MARK IDENTIFIER
log_since() {
  journalctl --quiet --no-pager --output=cat --after-cursor="$1" --identifier="$2"
}

# What any program of the services whose names match PATTERN said since MARK.
# log_of_services_since MARK PATTERN
log_of_services_since() {
  journalctl --quiet --no-pager --output=cat --after-cursor="$1" --unit="$2"
}
