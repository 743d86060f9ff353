import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Linux takes no longer string in a program's environment, its final NUL included. */
const environmentStringLimit = 128 * 1024;

/** A shorter stack file cannot reach the limit, whatever its text becomes on the way. */
const harmlessFileSize = environmentStringLimit / 4;

/**
 * Messages about stack files in `projectFolder` that the engine cannot hand to Node: it passes the whole configuration
 * in one environment string, and where that is too long Node does not even start, so that our program cannot say why.
 */
export async function tooLargeConfigurations(projectFolder: string): Promise<string[]> {
  const large = readdirSync(projectFolder)
    .filter((name) => /^Pulumi\.[^.]+\.ya?ml$/.test(name))
    .filter((name) => statSync(join(projectFolder, name)).size > harmlessFileSize);
  if (large.length === 0) return [];
  // Loaded only here: this runs in front of every command of the CLI.
  const { parse } = await import("yaml");
  return large.flatMap((name) => {
    const size = environmentStringSize(parse(readFileSync(join(projectFolder, name), "utf8")));
    if (size <= environmentStringLimit) return [];
    return [
      `${name} holds ${Math.ceil(size / 1024)} KiB of configuration and Linux lets the engine hand on ` +
        `${environmentStringLimit / 1024} KiB: Node will not start ("argument list too long"). Move domains into files ` +
        "(mailhost:domains: [mail/domains/*.yaml]) and passwords into mailhost:passwordFile",
    ];
  });
}

/** How long the environment string gets that a parsed stack file turns into, in bytes. */
export function environmentStringSize(document: unknown): number {
  const config = isRecord(document) && isRecord(document.config) ? document.config : {};
  const strings = Object.entries(config).map(([key, value]) => {
    const plain = withPlainSecrets(value);
    return [key, typeof plain === "string" ? plain : JSON.stringify(plain)];
  });
  return Buffer.byteLength(`PULUMI_CONFIG=${JSON.stringify(Object.fromEntries(strings))}\0`);
}

/** Encrypted values (`secure: v1:NONCE:CIPHERTEXT`) travel decrypted: as long as the cipher text without its tag. */
function withPlainSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainSecrets);
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string") {
    const cipherText = Buffer.from(value.secure.split(":").at(-1) ?? "", "base64");
    return "x".repeat(Math.max(0, cipherText.length - 16));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withPlainSecrets(item)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
