// What a hash of each kind looks like, with its costs by their names.
const argon2 = String.raw`\$argon2id\$v=\d+\$m=(?<m>\d+),t=(?<t>\d+),p=(?<p>\d+)\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+`;
const bcrypt = String.raw`\$2[aby]\$(?<cost>\d{2})\$[./0-9A-Za-z]{53}`;
const shaCrypt = (id: string, length: string) =>
  String.raw`\$${id}\$(?:rounds=(?<rounds>\d+)\$)?[./0-9A-Za-z]{0,16}\$[./0-9A-Za-z]{${length}}`;
const yescrypt = String.raw`\$y\$[./0-9A-Za-z]+\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{43}`;

/** Schemes that are slow enough to guess against and that Dovecot 2.4 takes. */
const accepted: Readonly<Record<string, string>> = {
  ARGON2ID: argon2,
  "SHA512-CRYPT": shaCrypt("6", "86"),
  "SHA256-CRYPT": shaCrypt("5", "43"),
  "BLF-CRYPT": bcrypt,
  // crypt(3): whatever the text says it is, so the good ones only.
  CRYPT: `${bcrypt}|${shaCrypt("[56]", "43,86")}|${yescrypt}`,
};

/**
 * Costs from what still keeps a stolen hash (OWASP's least memory for Argon2, crypt's own default for SHA) to what a
 * log-in can wait for and a host has memory for.
 */
const costs: Readonly<Record<string, { of: string; name: string; least: number; most: number }>> = {
  cost: { of: "bcrypt", name: "a cost", least: 10, most: 20 },
  rounds: { of: "SHA-crypt", name: "rounds", least: 5000, most: 9_999_999 },
  m: { of: "Argon2", name: "m", least: 19_456, most: 524_288 },
  t: { of: "Argon2", name: "t", least: 1, most: 100 },
  p: { of: "Argon2", name: "p", least: 1, most: 16 },
};

/** Schemes that are known, but fast, weak, or no hash at all. */
const refused = new Set(
  "SSHA SSHA256 SSHA512 SHA SHA1 SHA256 SHA512 PBKDF2 ARGON2I PLAIN CLEARTEXT CLEAR MD5-CRYPT MD5 DES-CRYPT SMD5 LDAP-MD5 PLAIN-MD5 PLAIN-MD4 HMAC-MD5 CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256 OTP LANMAN NTLM PLAIN-TRUNC".split(
    " ",
  ),
);

/** What is wrong with a password hash, in words that give nothing of it away but the name of a known scheme. */
export function passwordHashMistake(hash: unknown): string | undefined {
  const advice = `make one with "doveadm pw -s ARGON2ID"; accepted are ${Object.keys(accepted).join(", ")}`;
  if (typeof hash !== "string" || hash === "") return `must be a text such as {ARGON2ID}$argon2id$...: ${advice}`;
  if (/[\s:\p{Cc}]|[^\x20-\x7e]/u.test(hash)) {
    return "must be one word of ASCII without blanks, colons and line ends, which would end the field of the passwd file";
  }
  const [, scheme, text] = /^\{([^{}]+)\}(.*)$/.exec(hash) ?? [];
  if (scheme === undefined || text === undefined)
    return `must begin with its scheme, as in {ARGON2ID}$argon2id$...: ${advice}`;
  const form = accepted[scheme];
  if (form !== undefined) {
    const found = new RegExp(`^(?:${form})$`).exec(text);
    if (found === null) return `is no hash that {${scheme}} makes: ${advice}`;
    const range = wrongCost(found.groups);
    return range === undefined ? undefined : `has too low or too high a cost: ${range}: ${advice}`;
  }
  if (refused.has(scheme)) return `uses {${scheme}}, which is weak or unknown to Dovecot 2.4: ${advice}`;
  // Anything else may be part of a password.
  const upper = scheme.toUpperCase();
  if (Object.hasOwn(accepted, upper)) return `must name its scheme in capital letters: {${upper}}`;
  return `names no known scheme: ${advice}`;
}

function wrongCost(given: Readonly<Record<string, string>> = {}): string | undefined {
  const wrong = Object.entries(costs).find(([name, { least, most }]) => {
    const value = given[name];
    return value !== undefined && (Number(value) < least || Number(value) > most);
  });
  if (wrong === undefined) return undefined;
  const [, { of, name, least, most }] = wrong;
  return `${of} takes ${name} from ${least} to ${most}`;
}
