/** Names become parts of file names, of host names and of control groups. */
export function requireName(name: string): void {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name)) {
    throw new Error(`"${name}" cannot be a name: use up to 30 lower case letters, digits and "-", a letter first`);
  }
}
