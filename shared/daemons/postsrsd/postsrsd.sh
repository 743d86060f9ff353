# shellcheck shell=sh disable=SC2154
# postsrsd's part in a configuration change. Manual page: postsrsd(8).

postsrsd_check() {
  said=$(sh -n "$1/etc/default/postsrsd" 2>&1) || {
    complain "$(printf '%s\n' "$said" | sed "s|$1||g")"
    return 1
  }
  secret=$(postsrsd_setting SRS_SECRET "$1/etc/default/postsrsd")
  [ -s "$secret" ] || {
    complain "$secret: there is no secret to sign addresses with; dpkg-reconfigure postsrsd makes one"
    return 1
  }
}

# postsrsd_setting NAME FILE
postsrsd_setting() {
  sed -n "s/^$1=//p" "$2"
}

postsrsd_prepare() {
  # It reads its settings at its start only.
  echo restart
}

# Whether the file of the package is not back, as it is where postsrsd is no longer used.
postsrsd_is_used() {
  grep -q '^# Managed by mailhost:' /etc/default/postsrsd
}

postsrsd_activate() {
  ! postsrsd_is_used || service_restart "$postsrsd_unit"
}

postsrsd_probe() {
  ! postsrsd_is_used || {
    until_ok service_is_active "$postsrsd_unit" && until_ok postsrsd_probe_listeners "$@" &&
      until_ok postsrsd_probe_addresses
  }
}

# It greets nobody.
# postsrsd_probe_listeners ADDRESS:PORT...
postsrsd_probe_listeners() {
  for listener; do
    listens "$listener" postsrsd || {
      complain "postsrsd does not listen on $listener"
      return 1
    }
  done
}

# Whether an address of others comes back from its other form, and one of ours has none.
postsrsd_probe_addresses() {
  stranger=probe@stranger.invalid
  domain=$(postsrsd_setting SRS_EXCLUDE_DOMAINS /etc/default/postsrsd | cut -d, -f1)
  rewritten=$(postsrsd_look_up FORWARD "$stranger")
  case $rewritten in
    SRS0*@"$(postsrsd_setting SRS_DOMAIN /etc/default/postsrsd)") ;;
    *)
      complain "postsrsd makes \"$rewritten\" of $stranger"
      return 1
      ;;
  esac
  back=$(postsrsd_look_up REVERSE "$rewritten")
  [ "$back" = "$stranger" ] || {
    complain "postsrsd makes \"$back\" of $rewritten, in place of $stranger"
    return 1
  }
  own=$(postsrsd_look_up FORWARD "probe@$domain")
  [ -z "$own" ] || {
    complain "postsrsd makes \"$own\" of an address of $domain"
    return 1
  }
}

# postsrsd_look_up FORWARD|REVERSE ADDRESS
postsrsd_look_up() {
  postmap -q "$2" "tcp:127.0.0.1:$(postsrsd_setting "SRS_$1_PORT" /etc/default/postsrsd)" 2>&1 | tail -n 1
}
