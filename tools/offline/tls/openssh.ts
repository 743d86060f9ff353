import { createHash, type KeyObject, randomBytes } from "node:crypto";
import { OperationError } from "../../../provider/protocol/resource.ts";
import { type Curve, curveOf, curves } from "./keys.ts";

/** A key in the forms that OpenSSH uses. */
export interface OpensshKey {
  /** The file `id_ecdsa` or `id_rsa`, without passphrase. */
  privateKey: string;
  /** A line of `authorized_keys`. */
  publicKey: string;
  fingerprintMd5: string;
  fingerprintSha256: string;
}

/**
 * Writes a key for OpenSSH, see PROTOCOL.key in its sources and RFC 5656 (ECDSA), RFC 4253 (RSA).
 *
 * The official provider has these outputs, so that programs which read them work here too.
 */
export function opensshKey(privateKey: KeyObject): OpensshKey {
  const { type, publicFields, privateFields } = fieldsOf(privateKey);
  const publicBlob = Buffer.concat([text(type), ...publicFields]);
  const check = randomBytes(4);
  const body = Buffer.concat([check, check, text(type), ...privateFields, text("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, i) => i + 1));
  const file = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[text("none"), text("none"), text("")],
    number(1),
    text(publicBlob),
    text(Buffer.concat([body, padding])),
  ]);
  return {
    privateKey: pem("OPENSSH PRIVATE KEY", file),
    publicKey: `${type} ${publicBlob.toString("base64")}\n`,
    fingerprintMd5: createHash("md5")
      .update(publicBlob)
      .digest("hex")
      .replace(/..(?=.)/g, "$&:"),
    fingerprintSha256: `SHA256:${createHash("sha256").update(publicBlob).digest("base64").replace(/=+$/, "")}`,
  };
}

function fieldsOf(privateKey: KeyObject): { type: string; publicFields: Buffer[]; privateFields: Buffer[] } {
  const part = keyParts(privateKey);
  if (privateKey.asymmetricKeyType === "rsa") {
    return {
      type: "ssh-rsa",
      publicFields: [integer(part("e")), integer(part("n"))],
      privateFields: ["n", "e", "d", "qi", "p", "q"].map((name) => integer(part(name))),
    };
  }
  const curve = opensshCurve(curveOf(privateKey));
  const publicFields = [text(curve), text(Buffer.concat([Buffer.from([4]), part("x"), part("y")]))];
  return { type: `ecdsa-sha2-${curve}`, publicFields, privateFields: [...publicFields, integer(part("d"))] };
}

function opensshCurve(curve: Curve | undefined): string {
  if (curve === undefined) throw new OperationError("OpenSSH has no form for a key of this kind");
  return `nist${curves[curve].webName.replace("-", "").toLowerCase()}`;
}

/** The numbers of a key, under the names that JSON web keys give them. */
function keyParts(privateKey: KeyObject): (name: string) => Buffer {
  const parts = new Map<string, unknown>(Object.entries(privateKey.export({ format: "jwk" })));
  return (name) => Buffer.from(String(parts.get(name)), "base64url");
}

function number(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

function text(value: string | Buffer): Buffer {
  return Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);
}

/** A positive number: no leading zeros but one where the first bit would make it negative. */
function integer(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  const digits = value.subarray(first);
  return text((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}

function pem(label: string, content: Buffer): string {
  const lines = content.toString("base64").match(/.{1,70}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
