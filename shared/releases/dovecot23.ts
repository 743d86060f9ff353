import { missingIn23, renderSettings23 } from "../daemons/dovecot/settings23.ts";
import { isMailFormat } from "../model/mailFormat.ts";
import { quotaSettings } from "../model/quota.ts";
import { mailPath } from "../paths.ts";
import type { DovecotDialect } from "./dovecotDialect.ts";

/** See https://doc.dovecot.org/2.3/settings/. A field that is no setting of its own is one of the section `plugin`. */
export const dovecot23: DovecotDialect = {
  templates: "2.3",
  userFields({ quota, format, aclGroups }) {
    const fields: Record<string, string> = {};
    if (quota !== undefined) {
      const { size, grace } = quotaSettings(quota);
      fields.quota_rule = `*:storage=${size}`;
      fields.quota_grace = grace;
    }
    if (format !== undefined) fields.mail = `${format}:${mailPath(format)}`;
    if (aclGroups.length > 0) fields.acl_groups = aclGroups.join(",");
    return fields;
  },
  mailFormatOf({ mail = "" }) {
    const driver = mail.replace(/:.*/, "");
    return isMailFormat(driver) ? driver : undefined;
  },
  missingSettings: missingIn23,
  renderSettings: renderSettings23,
  certificateSetting: "ssl_cert",
  fileOption: "-x",
  trialSettings: "plugin {\n  acl = vfile\n}",
};
