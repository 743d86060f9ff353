/** Schemes that are slow enough to guess against and that Dovecot 2.4 takes, with what a hash of each looks like. */
const accepted: Readonly<Record<string, RegExp>> = {
  ARGON2ID: /^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/,
  "SHA512-CRYPT": /^\$6\$(?:rounds=\d+\$)?[./0-9A-Za-z]{0,16}\$[./0-9A-Za-z]{86}$/,
  "SHA256-CRYPT": /^\$5\$(?:rounds=\d+\$)?[./0-9A-Za-z]{0,16}\$[./0-9A-Za-z]{43}$/,
  "BLF-CRYPT": /^\$2[aby]\$\d{2}\$[./0-9A-Za-z]{53}$/,
  // crypt(3): whatever the text says it is, so the good ones only.
  CRYPT:
    /^(?:\$2[aby]\$\d{2}\$[./0-9A-Za-z]{53}|\$[56]\$(?:rounds=\d+\$)?[./0-9A-Za-z]{0,16}\$[./0-9A-Za-z]{43,86}|\$y\$[./0-9A-Za-z]+\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{43})$/,
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
  if (form !== undefined) return form.test(text) ? undefined : `is no hash that {${scheme}} makes: ${advice}`;
  if (refused.has(scheme)) return `uses {${scheme}}, which is weak or unknown to Dovecot 2.4: ${advice}`;
  // Anything else may be part of a password.
  const upper = scheme.toUpperCase();
  if (Object.hasOwn(accepted, upper)) return `must name its scheme in capital letters: {${upper}}`;
  return `names no known scheme: ${advice}`;
}
