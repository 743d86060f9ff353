import { renderSettings } from "../daemons/dovecot/settings.ts";
import { isMailFormat } from "../model/mailFormat.ts";
import { quotaSettings } from "../model/quota.ts";
import { mailPath } from "../paths.ts";
import type { DovecotDialect } from "./dovecotDialect.ts";

/** See https://doc.dovecot.org/2.4.1/core/summaries/settings.html. */
export const dovecot24: DovecotDialect = {
  templates: "2.4",
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
  mailFormatOf: ({ mail_driver: driver = "" }) => (isMailFormat(driver) ? driver : undefined),
  missingSettings: () => [],
  renderSettings,
  certificateSetting: "ssl_server/ssl_server_cert_file",
  fileOption: "-F",
  trialSettings: "acl_global_path =",
};
