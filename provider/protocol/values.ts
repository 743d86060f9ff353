import type structTypes from "google-protobuf/google/protobuf/struct_pb.js";
import { structPb } from "./wire.ts";

/**
 * Property values on the wire: https://www.pulumi.com/docs/iac/guides/building-extending/providers/
 *
 * The marks are part of the wire protocol (sdk/nodejs/runtime/rpc.ts in pulumi/pulumi). They stand here because
 * loading the whole SDK for them would cost the provider most of a second at every start.
 */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** Stands for a value that is not known before another resource is created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Properties = Record<string, unknown>;

/** Properties with the secret marks taken off, and the names of the top-level properties that had any. */
export interface Received {
  properties: Properties;
  secrets: ReadonlySet<string>;
}

/** Takes properties off the wire. Unknown values stay in place as {@link UNKNOWN}. */
export function receive(struct: structTypes.Struct | undefined): Received {
  const secrets = new Set<string>();
  const properties: Properties = {};
  for (const [name, value] of Object.entries(struct?.toJavaScript() ?? {})) {
    properties[name] = unwrap(value, () => secrets.add(name));
  }
  return { properties, secrets };
}

function unwrap(value: unknown, onSecret: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => unwrap(item, onSecret));
  if (!isRecord(value)) return value;
  if (value[SIGNATURE_KEY] === SECRET_SIGNATURE) {
    onSecret();
    return unwrap(value.value, onSecret);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrap(item, onSecret)]));
}

/**
 * Puts properties on the wire. A property named in `secrets` is marked as secret; of a map, each entry, so that a
 * diff can still tell which entry changed.
 */
export function send(properties: Properties, secrets: Iterable<string> = []): structTypes.Struct {
  const secretNames = new Set(secrets);
  const marked = Object.entries(properties).map(([name, value]) => {
    if (!secretNames.has(name)) return [name, withoutUndefined(value)];
    if (!isRecord(value)) return [name, secret(withoutUndefined(value))];
    return [
      name,
      Object.fromEntries(Object.entries(value).map(([key, item]) => [key, secret(withoutUndefined(item))])),
    ];
  });
  return structPb.Struct.fromJavaScript(Object.fromEntries(marked.filter(([, value]) => value !== undefined)));
}

function secret(value: unknown): unknown {
  return value === undefined ? undefined : { [SIGNATURE_KEY]: SECRET_SIGNATURE, value };
}

/** `Struct.fromJavaScript` throws on `undefined`. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, withoutUndefined(item)]),
  );
}

/** Whether an unknown value lies anywhere in `value`. */
export function containsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(containsUnknown);
  return isRecord(value) && Object.values(value).some(containsUnknown);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
