/** Where the host remembers what was made on it. */
export const STATE_DIRECTORY = "/var/lib/mailhost";
