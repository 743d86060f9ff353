import { ownSettings24 } from "../daemons/dovecot/ownSettings24.ts";
import { renderSettings } from "../daemons/dovecot/settings.ts";
import { quotaSettings } from "../model/quota.ts";
import { mailPath } from "../paths.ts";
import type { DovecotDialect } from "./dovecotDialect.ts";

/** See https://doc.dovecot.org/2.4.1/core/summaries/settings.html. */
export const dovecot24: DovecotDialect = {
  templates: "2.4",
  ownSettings: ownSettings24,
  userFields({ quota, format, aclGroups }) {
    const fields: Record<string, string> = {};
    if (quota !== undefined) {
      const { size, grace } = quotaSettings(quota);
      fields.quota_storage_size = size;
      fields.quota_storage_grace = grace;
    }
    if (format !== undefined) {
      fields.mail_driver = format;
      fields.mail_path = mailPath(format);
    }
    if (aclGroups.length > 0) fields.acl_groups = aclGroups.join(",");
    return fields;
  },
  renderSettings,
  certificateSetting: "ssl_server/ssl_server_cert_file",
};
