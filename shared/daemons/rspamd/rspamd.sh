# shellcheck shell=sh disable=SC2154
# rspamd's part in a configuration change. Manual pages: rspamd(8), rspamadm(1), rspamc(1).

rspamd_check() {
  configuration=$(rebase_for_check "$1" /etc/rspamd/rspamd.conf)
  said=$(rspamadm configtest -c "$configuration" 2>&1) || {
    complain "$(printf '%s\n' "$said" | sed "s|$configuration|/etc/rspamd/rspamd.conf|g; s|$1||g")"
    return 1
  }
  # To rspamadm a misspelt option and a key that is missing or of another form are right.
  said=$(rspamd_check_options "$configuration"; rspamd_check_keys "$configuration")
  [ -z "$said" ] || {
    complain "$(printf '%s\n' "$said" | sed "s|$1||g" | sort -u)"
    return 1
  }
}

# rspamd_check_options CONFIGURATION
rspamd_check_options() {
  for module in dkim_signing arc; do
    sed -n "/^$module {/,/^}/s/^  \\([a-z_]*\\) .*/\\1/p" "$1" | while read -r option; do
      grep -qrw -- "$option" "/usr/share/rspamd/plugins/$module.lua" /usr/share/rspamd/lualib/lua_dkim_tools.lua ||
        echo "/etc/rspamd/rspamd.conf: $module knows no option $option"
    done
  done
}

# rspamd_check_keys CONFIGURATION
rspamd_check_keys() {
  rspamd_keys "$1" | cut -d' ' -f3 | sort -u | while read -r file; do
    if [ ! -f "$file" ]; then
      echo "$file: there is no such key"
    elif ! rspamd_public_key "$file" >/dev/null 2>&1; then
      echo "$file: rspamd can read no such key: an RSA key in PEM form, or the base64 of an Ed25519 key's 32 bytes"
    fi
  done
}

# The keys of a configuration of ours: DOMAIN SELECTOR FILE
# rspamd_keys CONFIGURATION
rspamd_keys() {
  sed -n 's/^    "\(.*\)" {$/\1/p; s/^ *{ selector = "\(.*\)"; path = "\(.*\)"; },$/ \1 \2/p' "$1" |
    awk '/^[^ ]/ { domain = $1; next } { print domain, $1, $2 }'
}

# The public half of a key in a file, in PEM form.
# rspamd_public_key FILE
rspamd_public_key() {
  if grep -q '^-----BEGIN ' "$1"; then
    openssl rsa -in "$1" -pubout
  else
    # PKCS #8 of an Ed25519 key is this and the key itself.
    { printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040'; base64 -d "$1"; } |
      openssl pkey -inform DER -pubout
  fi
}

rspamd_prepare() {
  # Its sockets, and what the unit says, count from its start. A restart takes long while Postfix is connected.
  case $changed in
    */rspamd.service.d/*) echo restart ;;
    *) echo reload ;;
  esac
}

# Whether the files of the package are not back, as they are where rspamd is no longer used; it is stopped when Postfix no longer
# asks it.
rspamd_is_used() {
  grep -q '^# Managed by mailhost:' /etc/rspamd/rspamd.conf
}

rspamd_activate() {
  rspamd_is_used || return 0
  activate "$rspamd_unit" "$1" service_reload "$rspamd_unit"
}

# A reload returns before the configuration is read: what becomes of messages tells.
rspamd_probe() {
  rspamd_is_used || return 0
  until_ok service_is_active "$rspamd_unit" && until_ok rspamd_probe_sockets && until_ok rspamd_probe_signatures &&
    until_ok rspamd_probe_from_header
}

# Whether a user is refused that nobody has heard of.
rspamd_probe_from_header() {
  grep -q FROM_HEADER /etc/rspamd/rules.lua || return 0
  said=$(printf 'From: probe@invalid\r\n\r\nprobe\r\n' |
    rspamc -h /run/rspamd/controller.sock -u probe@invalid -F probe@invalid -i 127.0.0.1)
  case $said in
    *'Action: reject'*) ;;
    *'Action: soft reject'*)
      complain "rspamd cannot look up in /etc/postfix who may send as what: look at its log"
      return 1
      ;;
    *)
      complain "rspamd does not refuse a From: that its user may not send as"
      return 1
      ;;
  esac
}

rspamd_probe_sockets() {
  sed -n 's/^  bind_socket = "\([^ ]*\) .*/\1/p' /etc/rspamd/rspamd.conf | while read -r socket; do
    ss -Hlx | awk -v path="$socket" '$5 == path { found = 1 } END { exit !found }' || {
      complain "rspamd does not listen on $socket"
      return 1
    }
  done
}

# Whether a message of each domain is really signed by each of its keys, one domain for all that have the same keys.
rspamd_probe_signatures() {
  probe=$(mktemp -d)
  rspamd_keys /etc/rspamd/rspamd.conf >"$probe/keys"
  awk '{ keys[$1] = keys[$1] " " $3 } END { for (domain in keys) if (!seen[keys[domain]]++) print domain }' \
    "$probe/keys" >"$probe/domains"
  said=$(while read -r domain; do rspamd_probe_domain "$domain"; done <"$probe/domains")
  rm -rf "$probe"
  [ -z "$said" ] || {
    complain "$said"
    return 1
  }
}

# Says which keys do not sign a message of DOMAIN, which is really signed and verified by their public halves.
rspamd_probe_domain() {
  printf 'From: probe@%s\r\nTo: probe@%s\r\nSubject: probe\r\nMessage-ID: <probe@%s>\r\n' "$1" "$1" "$1" >"$probe/headers"
  { cat "$probe/headers"; printf '\r\nprobe\r\n'; } >"$probe/message"
  rspamd_sign "$1" >"$probe/signatures"
  while read -r domain selector file; do
    [ "$domain" = "$1" ] || continue
    signature=$(grep "[; ]d=$domain; *s=$selector;" "$probe/signatures") || {
      complain "rspamd does not sign mail of $domain by $file: $(rspamd_unreadable "$file")look at its log"
      continue
    }
    rspamd_verify "$signature" "$file" || complain "the signature of rspamd for $domain is not one by $file"
  done <"$probe/keys" 2>&1
}

# rspamd_unreadable FILE
rspamd_unreadable() {
  runuser -u _rspamd -- test -r "$1" || printf '_rspamd cannot read it; '
}

# The signatures of $probe/message as one of this host, each on a line and canonical (RFC 6376, 3.4.2).
# rspamd_sign DOMAIN
rspamd_sign() {
  rspamc -h /run/rspamd/controller.sock -F "probe@$1" -i 127.0.0.1 --mime <"$probe/message" | tr -d '\r' | awk '
    /^$/ { exit }
    /^[ \t]/ { header = header $0; next }
    { if (header ~ /^DKIM-Signature:/) print header; header = $0 }
    END { if (header ~ /^DKIM-Signature:/) print header }' | tr -s ' \t' ' ' | sed 's/^[^:]*: */ /; s/ $//; s/^ //'
}

# Whether a canonical signature is by the key in FILE.
# rspamd_verify SIGNATURE FILE
rspamd_verify() {
  printf '%s\n' "$1" | sed 's/.*[; ]h=\([^;]*\);.*/\1/' | tr -d ' ' | tr ':' '\n' | awk '!seen[$0]++' | while read -r name; do
    grep -i "^$name:" "$probe/headers" | sed "s/^[^:]*: */$name:/"
  done >"$probe/signed"
  printf 'dkim-signature:%s' "$(printf '%s' "$1" | sed 's/\([; ]b=\)[^;]*/\1/')" >>"$probe/signed"
  printf '%s' "$1" | sed 's/.*[; ]b=\([^;]*\).*/\1/' | tr -d ' ' | base64 -d >"$probe/signature"
  rspamd_public_key "$2" >"$probe/public" 2>/dev/null
  case $1 in
    *a=rsa-sha256*) openssl dgst -sha256 -verify "$probe/public" -signature "$probe/signature" "$probe/signed" ;;
    *)
      openssl dgst -sha256 -binary "$probe/signed" >"$probe/digest"
      openssl pkeyutl -verify -pubin -inkey "$probe/public" -rawin -in "$probe/digest" -sigfile "$probe/signature"
      ;;
  esac >/dev/null 2>&1
}

# What rspamd complained of in the log since MARK.
rspamd_messages() {
  said_by rspamd "$1" | grep -E '^rspamd\[[0-9]+\]: .*(cannot load dkim key|dkim_sign: .*error)' || true
}
