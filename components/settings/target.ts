import { isIP } from "node:net";
import * as z from "zod";
import { domainName } from "./names.ts";
import { mapping, parseShape, text, wholeNumber } from "./shape.ts";

const hostKey = /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]+={0,2}(?: .*)?$/;

function isHostKey(value: unknown): value is string {
  return typeof value === "string" && hostKey.test(value);
}

function isHostKeys(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(isHostKey) : isHostKey(value);
}

const addressAllowed = "a host name or an IP address";
const user = text(/^[a-z_][a-z0-9_-]{0,31}$/, "a user name");

/** What it takes to log in to an sshd. */
const sshServer = <User extends z.ZodType>(user: User) => ({
  address: z.string({ error: addressAllowed }).refine((value) => isIP(value) !== 0 || domainName.test(value), {
    error: addressAllowed,
  }),
  port: wholeNumber(1, 65_535, "a TCP port").default(22),
  user,
  hostKey: z.custom<string | string[]>(isHostKeys, {
    error: 'the public key of the host, such as "ssh-ed25519 AAAA...", or a list of its keys (see ssh-keyscan)',
  }),
  privateKeyFile: text(/./, "the path of a file").exactOptional(),
});

/** The shape of `mailhost:target`. With `local` nothing but the connection is taken. */
export const targetSchema = mapping({
  connection: z.literal("ssh", { error: '"ssh" or "local"' }).default("ssh"),
  ...sshServer(user.default("root")),
  proxyJump: mapping(sshServer(user)).exactOptional(),
});

const sshOnly = z.never({ error: 'left out with connection "local"' }).exactOptional();

const localTarget = mapping({
  connection: z.literal("local"),
  address: sshOnly,
  port: sshOnly,
  user: sshOnly,
  hostKey: sshOnly,
  privateKeyFile: sshOnly,
  proxyJump: sshOnly,
});

/** Reads `mailhost:target`. */
export function parseTarget(input: unknown) {
  const path = ["target"];
  const isLocal = Object(input).connection === "local";
  return isLocal
    ? parseShape(localTarget, localTarget, input, path)
    : parseShape(targetSchema, targetSchema, input, path);
}
