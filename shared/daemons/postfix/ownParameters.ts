/*
 * What files/postfix sets, so that it need not be rendered to know what extra parameters must not set. A test compares the two.
 */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The parameters of main.cf. */
export const mainCfParameters = words(`
  compatibility_level smtpd_banner biff append_dot_mydomain
  myhostname inet_protocols inet_interfaces mydestination mynetworks recipient_delimiter
  virtual_mailbox_domains virtual_mailbox_maps virtual_alias_maps virtual_transport
  lmtp_destination_recipient_limit lmtp_line_length_limit transport_maps
  alias_maps alias_database local_recipient_maps mailbox_transport mailbox_size_limit message_size_limit
  smtputf8_enable ascii_address_check
  strict_rfc821_envelopes disable_vrfy_command smtpd_forbid_bare_newline smtpd_forbid_unauth_pipelining
  header_checks mime_header_checks nested_header_checks
  smtpd_helo_required smtpd_relay_restrictions smtpd_recipient_restrictions recipient_quota_check service_throttle_time
  smtpd_tls_chain_files smtpd_tls_security_level smtpd_tls_protocols smtpd_tls_mandatory_protocols
  smtpd_tls_session_cache_database smtp_tls_security_level
`);

/** Further ones where mail goes through rspamd. */
export const milterParameters = words("milter_default_action non_smtpd_milters internal_mail_filter_classes");

/** Further ones where mail of others gets a sender of this host. */
export const srsParameters = words(`
  sender_canonical_maps sender_canonical_classes recipient_canonical_maps recipient_canonical_classes
`);

const submissionOptions = words(`
  syslog_name smtpd_hide_client_session cleanup_service_name smtpd_tls_security_level
  smtpd_sasl_auth_enable smtpd_sasl_type smtpd_sasl_path smtpd_sasl_security_options smtpd_sender_login_maps
  smtpd_client_restrictions smtpd_helo_restrictions smtpd_sender_restrictions smtpd_relay_restrictions
  smtpd_recipient_restrictions smtpd_data_restrictions smtpd_end_of_data_restrictions
  smtpd_client_connection_rate_limit smtpd_client_auth_rate_limit smtpd_client_message_rate_limit
`);

const otherServices = words(`
  pickup/unix cleanup/unix submission-cleanup/unix qmgr/unix tlsmgr/unix rewrite/unix bounce/unix defer/unix trace/unix verify/unix flush/unix
  proxymap/unix proxywrite/unix smtp/unix relay/unix showq/unix error/unix retry/unix discard/unix local/unix
  virtual/unix lmtp/unix anvil/unix scache/unix postlog/unix-dgram
`);

const optionsOfOthers: Readonly<Record<string, readonly string[]>> = {
  "submission-cleanup/unix": ["syslog_name", "always_add_missing_headers"],
  "relay/unix": ["smtp_fallback_relay"],
};

/**
 * The services of master.cf, as `postconf -P` spells them, with the parameters that each is given (`-o`).
 *
 * @param submissions Whether 465 is open
 * @param usesMilter Whether mail goes through rspamd
 */
export function masterCfServices(submissions: boolean, usesMilter: boolean): ReadonlyMap<string, readonly string[]> {
  const ofUsers = [...submissionOptions, ...(usesMilter ? ["smtpd_milters"] : [])];
  return new Map([
    ["smtp/inet", usesMilter ? words("smtpd_milters milter_default_action smtpd_milter_maps") : []],
    ["submission/inet", ofUsers],
    ...(submissions ? [["submissions/inet", ["smtpd_tls_wrappermode", ...ofUsers]] as const] : []),
    ...otherServices.map((name) => [name, optionsOfOthers[name] ?? []] as const),
  ]);
}
