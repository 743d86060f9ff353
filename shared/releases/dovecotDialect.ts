import type { DefaultFolder } from "../model/defaultFolder.ts";
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

/** The language of a version of Dovecot: 2.3 and 2.4 have two configuration languages. */
export interface DovecotDialect {
  /** Folder of its templates below `files/dovecot`. */
  readonly templates: string;
  /** What its dovecot.conf sets itself. */
  ownSettings(logging: "syslog" | "files", defaultFolders: readonly DefaultFolder[]): SettingsBlock;
  /** Fields of the passwd file for what is a user's own: name without `userdb_` to value. */
  userFields(own: UserSettings): Readonly<Record<string, string>>;
  /** Lines of dovecot.conf for settings that are given beside ours. */
  renderSettings(settings: DovecotSettings): readonly string[];
  /** The setting that names the file of the certificate, as `doveconf -h` takes it. */
  readonly certificateSetting: string;
}
