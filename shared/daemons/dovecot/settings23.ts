import { type DovecotSettings, type ExtraValue, valueText } from "../../model/extraValue.ts";
import type { MissingSetting } from "../../releases/dovecotDialect.ts";
import { renderSection, renderSetting } from "./settings.ts";

/*
 * Settings in the form of Dovecot 2.4 as Dovecot 2.3 takes them: see https://doc.dovecot.org/2.3/settings/ and
 * https://doc.dovecot.org/2.4.1/installation/upgrade/2.3-to-2.4.html. Only names that both know in one meaning are here.
 */

/** Names of 2.4 in a section to those of 2.3. */
type Names = ReadonlyMap<string, string>;

function names(same: string, renamed: Readonly<Record<string, string>> = {}): Names {
  return new Map([...(same.match(/\w+/g) ?? []).map((name) => [name, name] as const), ...Object.entries(renamed)]);
}

const ofTop = names(
  `
  auth_anonymous_username auth_cache_negative_ttl auth_cache_size auth_cache_ttl auth_cache_verify_password_with_worker
  auth_debug auth_debug_passwords auth_failure_delay auth_master_user_separator auth_policy_check_after_auth
  auth_policy_check_before_auth auth_policy_hash_mech auth_policy_hash_nonce auth_policy_log_only auth_policy_reject_on_fail
  auth_policy_report_after_auth auth_policy_server_api_header auth_policy_server_url auth_realms
  auth_ssl_require_client_cert auth_ssl_username_from_cert auth_username_chars auth_verbose auth_verbose_passwords
  debug_log_path default_client_limit default_internal_group default_internal_user default_login_user
  default_process_limit default_vsz_limit dotlock_use_excl haproxy_timeout haproxy_trusted_networks
  imap_client_workarounds imap_fetch_failure imap_hibernate_timeout imap_id_retain imap_idle_notify_interval
  imap_literal_minus imap_logout_format imap_max_line_length imap_metadata instance_name
  lda_mailbox_autosubscribe lda_original_recipient_header lmtp_add_received_header lmtp_client_workarounds
  lmtp_hdr_delivery_address lmtp_proxy lmtp_rawlog_dir lmtp_rcpt_check_quota lmtp_save_to_detail_mailbox lock_method
  log_core_filter log_debug log_timestamp login_greeting login_log_format login_log_format_elements
  login_plugins login_proxy_max_disconnect_delay login_proxy_max_reconnects login_proxy_timeout login_source_ips
  login_trusted_networks mail_access_groups mail_always_cache_fields mail_attachment_detection_options
  mail_cache_fields mail_chroot mail_debug mail_fsync mail_log_prefix mail_max_keyword_length mail_max_lock_timeout
  mail_never_cache_fields mail_nfs_index mail_nfs_storage mail_prefetch_count mail_privileged_group mail_server_admin
  mail_server_comment mail_shared_explicit_inbox mail_sort_max_read_count mail_temp_dir mail_temp_scan_interval
  mail_vsize_bg_after_count mailbox_idle_check_interval mailbox_list_index mailbox_list_index_include_inbox
  mailbox_list_index_very_dirty_syncs maildir_broken_filename_sizes maildir_copy_with_hardlinks maildir_empty_new
  maildir_stat_dirs maildir_very_dirty_syncs mdbox_preallocate_space mdbox_rotate_interval mdbox_rotate_size mmap_disable
  process_shutdown_filter quota_full_tempfail rawlog_dir rejection_reason rejection_subject sendmail_path
  ssl_cipher_list ssl_cipher_suites ssl_client_ca_dir ssl_client_ca_file ssl_client_require_valid_cert ssl_curve_list
  ssl_options valid_chroot_dirs
  `,
  {
    auth_default_domain: "auth_default_realm",
    default_idle_kill_interval: "default_idle_kill",
    ssl_server_cert_username_field: "ssl_cert_username_field",
    ssl_server_request_client_cert: "ssl_verify_client_cert",
    ssl_server_require_crl: "ssl_require_crl",
  },
);

/** What 2.3 has in its section `plugin`. */
const ofPlugins = names(
  `
  mail_log_cached_only mail_log_events mail_log_fields quota_exceeded_message sieve_duplicate_default_period
  sieve_duplicate_max_period sieve_include_max_includes sieve_include_max_nesting_depth sieve_max_cpu_time
  sieve_max_script_size sieve_notify_mailto_envelope_from sieve_redirect_duplicate_period sieve_redirect_envelope_from
  sieve_resource_usage_timeout sieve_trace_addresses sieve_trace_debug sieve_trace_dir sieve_trace_level sieve_user_email
  sieve_vacation_default_period sieve_vacation_default_subject sieve_vacation_max_period sieve_vacation_min_period
  sieve_vacation_send_from_recipient sieve_vacation_to_header_ignore_envelope sieve_vacation_use_original_recipient
  `,
  { quota_mail_size: "quota_max_mail_size", sieve_user_log_path: "sieve_user_log" },
);

const ofListener = names("user group mode");

/** By kind of section; the top, and sections that narrow down where a setting counts, are in {@link ofTop}. */
const ofSections: ReadonlyMap<string, Names> = new Map([
  [
    "service",
    names(
      `
      chroot client_limit drop_priv_before_exec executable extra_groups group privileged_group process_limit
      process_min_avail protocol type user vsz_limit
      `,
      { idle_kill_interval: "idle_kill", restart_request_count: "service_count" },
    ),
  ],
  ["unix_listener", ofListener],
  ["fifo_listener", ofListener],
  ["inet_listener", names("port ssl haproxy reuse_port", { listen: "address" })],
  [
    "namespace",
    names("type separator prefix inbox hidden list subscriptions alias_for ignore_on_failure disabled order"),
  ],
  ["mailbox", names("auto autoexpunge autoexpunge_max_mails comment special_use")],
]);

const filters = ["protocol", "local", "local_name", "remote"];

/** Which kinds of section may stand in which. */
const kindsWithin: Readonly<Record<string, readonly string[]>> = {
  "": ["service", "namespace", ...filters],
  service: ["unix_listener", "fifo_listener", "inet_listener"],
  namespace: ["mailbox"],
  local: filters,
  local_name: filters,
  remote: filters,
};

/** What 2.3 says in another form, under this name. */
const saidOtherwise: Readonly<Record<string, string>> = {
  mail_alt_path: "mail_location",
  mail_control_path: "mail_location",
  mail_driver: "mail_location",
  mail_index_path: "mail_location",
  mail_index_private_path: "mail_location",
  mail_path: "mail_location",
  mail_volatile_path: "mail_location",
  mailbox_list_layout: "mail_location",
  mail_compress_write_method: "zlib_save",
  mail_ext_attachment_min_size: "mail_attachment_min_size",
  mail_ext_attachment_path: "mail_attachment_dir",
  quota_storage_extra: "quota_rule",
  sieve_extensions: "sieve_extensions",
  sieve_global_extensions: "sieve_global_extensions",
  sieve_plugins: "sieve_plugins",
  sieve_quota_storage_size: "sieve_quota_max_storage",
  sieve_script: "sieve_before, sieve_after",
  sieve_variables_max_value_size: "sieve_variables_max_variable_size",
  sieve_vacation_check_recipient: "sieve_vacation_dont_check_recipient",
  ssl_server_alt_cert_file: "ssl_alt_cert",
  ssl_server_alt_key_file: "ssl_alt_key",
  ssl_server_ca_file: "ssl_ca",
  ssl_server_dh_file: "ssl_dh",
  ssl_server_key_password: "ssl_key_password",
  ssl_server_prefer_ciphers: "ssl_prefer_server_ciphers",
};

const plugins = "mail_plugins";

/** Plugins that are given beside ours for all protocols: in 2.3, where these are named. */
export function addedPlugins({ [plugins]: added = {} }: DovecotSettings): string[] {
  return Object.keys(added);
}

/** The settings as lines for 2.3, without those that {@link missingIn23} names, and {@link addedPlugins}. */
export function renderSettings23({ [plugins]: _, ...settings }: DovecotSettings): string[] {
  return renderBlock(settings, "");
}

function renderBlock(settings: DovecotSettings, kind: string): string[] {
  return Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value !== "object") {
      const ofPlugin = isFilter(kind) ? ofPlugins.get(name) : undefined;
      if (ofPlugin !== undefined) return renderSection("plugin", [renderSetting(ofPlugin, value)]);
      return [renderSetting(namesOf(kind).get(withoutKind(name, kind)) ?? name, value)];
    }
    if (name === plugins) return [renderPlugins(value)];
    return renderSection(name, renderBlock(value, kindOf(name)));
  });
}

function renderPlugins(added: DovecotSettings): string {
  return `${plugins} = $${plugins} ${Object.keys(added).join(" ")}`;
}

/** What 2.3 cannot be told in these settings. */
export function missingIn23(settings: DovecotSettings): MissingSetting[] {
  return missingWithin(settings, []);
}

function missingWithin(settings: DovecotSettings, parents: readonly string[]): MissingSetting[] {
  const kind = kindOf(parents.at(-1) ?? "");
  return Object.entries(settings).flatMap(([name, value]) => {
    const path = [...parents, name];
    if (typeof value === "object") {
      if (name === plugins && isFilter(kind)) return missingPlugins(value, path);
      if (kindsWithin[kind]?.includes(kindOf(name))) return missingWithin(value, path);
      return [missing(path, saidOtherwise[kindOf(name)])];
    }
    const isKnown = namesOf(kind).has(withoutKind(name, kind)) || (isFilter(kind) && ofPlugins.has(name));
    if (!isKnown) return [missing(path, saidOtherwise[name])];
    return isPlainIn23(value)
      ? []
      : [{ path, reason: "has a value that Dovecot 2.3 (debian12) writes in another form" }];
  });
}

function missingPlugins(added: DovecotSettings, path: readonly string[]): MissingSetting[] {
  const off = Object.entries(added).filter(([, value]) => value !== true && value !== "yes");
  return off.map(([name]) => ({ path: [...path, name], reason: "cannot be taken out with Dovecot 2.3 (debian12)" }));
}

function missing(path: readonly string[], counterpart: string | undefined): MissingSetting {
  const there = counterpart === undefined ? "" : `: there it is ${counterpart}, of another form`;
  return { path, reason: `has no counterpart in Dovecot 2.3 (debian12)${there}` };
}

/** Variables (`%{...}`) differ, and where 2.4 takes "unlimited" a number is something else in each setting of 2.3. */
function isPlainIn23(value: ExtraValue): boolean {
  return !/%|^(?:unlimited|infinite)$/.test(valueText(value));
}

function namesOf(kind: string): Names {
  return isFilter(kind) ? ofTop : (ofSections.get(kind) ?? new Map());
}

/** Whether the names of the top count there too. */
function isFilter(kind: string): boolean {
  return kind === "" || filters.includes(kind);
}

/** `protocol` of `protocol imap`. */
function kindOf(section: string): string {
  return section.replace(/ .*/, "");
}

/** 2.4 takes the name of the section before that of a setting in it. */
function withoutKind(name: string, kind: string): string {
  return kind !== "" && name.startsWith(`${kind}_`) ? name.slice(kind.length + 1) : name;
}
