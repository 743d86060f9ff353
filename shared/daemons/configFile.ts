/** A configuration file as it will be on the host. */
export interface ConfigFile {
  readonly path: string;
  readonly content: string;
  /** `owner:group mode` */
  readonly attributes: string;
}

/** A file of root's that everybody on the host may read. */
export function publicFile(path: string, content: string): ConfigFile {
  return { path, content, attributes: "root:root 0644" };
}
