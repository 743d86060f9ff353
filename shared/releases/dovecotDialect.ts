import type { DovecotSettings } from "../model/extraValue.ts";
import type { MailFormat } from "../model/mailFormat.ts";

/** What a user has in place of the settings of the host. */
export interface UserSettings {
  readonly quota: string | undefined;
  readonly format: MailFormat | undefined;
  readonly aclGroups: readonly string[];
}

/** What a text of settings says, or a section of it. */
export interface SettingsBlock {
  readonly settings: ReadonlySet<string>;
  /** By name, such as `protocol imap`. */
  readonly sections: ReadonlyMap<string, SettingsBlock>;
}

/** A setting that a version of Dovecot cannot be told. */
export interface MissingSetting {
  /** Its name, after those of the sections that it is in. */
  readonly path: readonly string[];
  /** Why, after "it". */
  readonly reason: string;
}

/** The language of a version of Dovecot: 2.3 and 2.4 have two configuration languages. */
export interface DovecotDialect {
  /** Folder of its templates below `files/dovecot`. */
  readonly templates: string;
  /** Fields of the passwd file for what is a user's own: name without `userdb_` to value. */
  userFields(own: UserSettings): Readonly<Record<string, string>>;
  /** The format of a user's mailbox by these fields; undefined where it is that of the host. */
  mailFormatOf(fields: Readonly<Record<string, string>>): MailFormat | undefined;
  /** Which of these settings, given beside ours in the form of 2.4, it does not have. */
  missingSettings(settings: DovecotSettings): readonly MissingSetting[];
  /** Lines of dovecot.conf for settings that are given beside ours, in the form of 2.4. */
  renderSettings(settings: DovecotSettings): readonly string[];
  /** The setting that names the file of the certificate, as `doveconf -h` takes it. */
  readonly certificateSetting: string;
  /** The option by which doveconf(1) opens the files of certificates too. */
  readonly fileOption: string;
  /** Lines by which dovecot.conf does without the ACL files, so that it can be tried for a user of no domain. */
  readonly trialSettings: string;
}
