/** Tells on stderr what takes long: standard output belongs to the command. */
export function say(message: string): void {
  process.stderr.write(`mailhost: ${message}\n`);
}
