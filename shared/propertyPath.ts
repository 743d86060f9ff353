/**
 * A property path in Pulumi's spelling: `files["/etc/postfix/main.cf"]`, `steps.postfix.listen[0]`.
 * See https://www.pulumi.com/docs/iac/concepts/miscellaneous/property-paths/
 */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[A-Za-z_]\w*$/.test(String(key))) return `${text}[${JSON.stringify(String(key))}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** The property of a resource that `path` is, or lies in. */
export function propertyName(path: string): string {
  return path.replace(/[.[].*$/s, "");
}

/** Whether `path` is `ancestor` itself or lies below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}.`) || path.startsWith(`${ancestor}[`);
}
