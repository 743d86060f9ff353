/**
 * Compares paths for the order in which changed files are swapped in: key and certificate first, main.cf last, because
 * a new smtpd(8) reads main.cf at once, without a reload, and must find everything that it names.
 */
export function bySwapOrder(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function rank(file: string): number {
  if (file === "/etc/postfix/main.cf") return 4;
  if (file === "/etc/postfix/master.cf") return 3;
  return ["/etc/ssl/", "/etc/dovecot/", "/"].findIndex((prefix) => file.startsWith(prefix));
}
