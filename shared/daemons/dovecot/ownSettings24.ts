import type { DefaultFolder } from "../../model/defaultFolder.ts";
import { authSocket, lmtpSocket, postfixQueue, quotaStatusSocket } from "../../paths.ts";
import type { SettingsBlock } from "../../releases/dovecotDialect.ts";

/*
 * What files/dovecot/2.4 sets, so that it need not be rendered to know what extra settings must not set. A test compares the two.
 */

function block(settings: string, sections: Readonly<Record<string, SettingsBlock>> = {}): SettingsBlock {
  return { settings: new Set(settings.match(/\w+/g)), sections: new Map(Object.entries(sections)) };
}

const common = `
  dovecot_config_version dovecot_storage_version protocols listen hostname
  mail_driver mail_path recipient_delimiter mail_max_userip_connections
  quota_storage_size quota_storage_grace
  quota_status_success quota_status_nouser quota_status_overquota quota_status_toolarge
  acl_driver acl_global_path acl_cache_ttl
  auth_mechanisms auth_allow_cleartext first_valid_uid last_valid_uid first_valid_gid last_valid_gid
  sieve_max_redirects sieve_max_actions
  verbose_proctitle shutdown_clients lda_mailbox_autocreate
  ssl ssl_min_protocol ssl_server_cert_file ssl_server_key_file
`;

const forPostfix = block("user group mode");

const sections = (defaultFolders: readonly DefaultFolder[]) => ({
  mail_plugins: block("acl quota"),
  "namespace inbox": block(
    "type separator prefix hidden inbox",
    Object.fromEntries(defaultFolders.map((folder) => [`mailbox ${folder.name}`, block(settingsOf(folder))])),
  ),
  "namespace public": block(`
    type separator prefix mail_driver mail_path mail_index_path mail_index_private_path mailbox_list_layout list
    subscriptions
  `),
  "quota User quota": block(""),
  "passdb passwd-file": block("passwd_file_path"),
  "userdb passwd-file": block("passwd_file_path"),
  "service imap-login": block("restart_request_count process_min_avail process_limit client_limit", {
    "inet_listener imap": block("listen port"),
    "inet_listener imaps": block("listen port ssl"),
  }),
  "service imap": block("process_limit"),
  "service lmtp": block("process_limit", { [`unix_listener ${postfixQueue}/${lmtpSocket}`]: forPostfix }),
  "service quota-status": block("executable client_limit process_limit user", {
    [`unix_listener ${postfixQueue}/${quotaStatusSocket}`]: forPostfix,
  }),
  "service auth": block("client_limit user", { [`unix_listener ${postfixQueue}/${authSocket}`]: forPostfix }),
  "service auth-worker": block("user", { "unix_listener auth-worker": block("user") }),
  "service anvil": block("client_limit", { "unix_listener anvil-auth-penalty": block("mode") }),
  "service stats": block("client_limit"),
  "protocol imap": block("", { mail_plugins: block("imap_acl imap_quota mail_log notify") }),
  "protocol lmtp": block("postmaster_address lmtp_user_concurrency_limit", { mail_plugins: block("sieve") }),
  "sieve_script personal": block("path"),
});

function settingsOf({ specialUse }: DefaultFolder): string {
  const ofTrash = specialUse === "Trash" ? "quota_storage_percentage" : "";
  return `auto ${specialUse === undefined ? "" : "special_use"} ${ofTrash}`;
}

/** The settings of dovecot.conf. */
export function ownSettings24(logging: "syslog" | "files", defaultFolders: readonly DefaultFolder[]): SettingsBlock {
  const ofLogging = logging === "syslog" ? "syslog_facility" : "log_path info_log_path";
  return block(`${common} ${ofLogging}`, sections(defaultFolders));
}
