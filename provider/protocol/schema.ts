import { z } from "zod";
import type { Provider } from "./provider.ts";
import { isRecord, type Properties } from "./values.ts";

/**
 * The package's Pulumi schema, made from the same definitions that check the inputs:
 * https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/
 */
export function packageSchema<Context>(provider: Provider<Context>): Properties {
  const types: Properties = {};
  const properties = (object: z.ZodObject, owner: string, secrets: readonly string[]) =>
    Object.fromEntries(
      Object.entries(object.shape).map(([name, type]) => {
        const json = z.toJSONSchema(type as z.ZodType, { io: "input" }) as Properties;
        const property = pulumiType(json, `${owner}${capitalise(name)}`, types);
        return [name, secrets.includes(name) ? { ...property, secret: true } : property];
      }),
    );
  const resources = Object.fromEntries(
    provider.resources.map(({ token, description, inputs, outputs, secrets = [] }) => [
      token,
      {
        description,
        inputProperties: properties(inputs, token, secrets),
        requiredInputs: requiredNames(inputs),
        properties: { ...properties(inputs, token, secrets), ...properties(outputs, token, secrets) },
        required: requiredNames(outputs),
      },
    ]),
  );
  const config = properties(
    provider.configuration,
    `${provider.name}:index:Provider`,
    provider.secretConfiguration ?? [],
  );
  return {
    name: provider.name,
    version: provider.version,
    description: provider.description,
    types,
    provider: { inputProperties: config, requiredInputs: requiredNames(provider.configuration) },
    resources,
  };
}

function requiredNames(object: z.ZodObject): string[] {
  const { required } = z.toJSONSchema(object, { io: "input" });
  return required ?? [];
}

/** JSON Schema to Pulumi's type language, which names nested objects apart. */
function pulumiType(json: Properties, token: string, types: Properties): Properties {
  const described = typeof json.description === "string" ? { description: json.description } : {};
  const values = isRecord(json.default) || Array.isArray(json.default) ? {} : { default: json.default };
  const base = { ...described, ...(json.default === undefined ? {} : values) };
  if (Array.isArray(json.anyOf)) {
    return { ...base, oneOf: json.anyOf.filter(isRecord).map((option) => pulumiType(option, token, types)) };
  }
  if (json.type === "array" && isRecord(json.items)) {
    return { ...base, type: "array", items: pulumiType(json.items, token, types) };
  }
  if (json.type !== "object") return { ...base, type: json.type ?? "string" };
  if (!isRecord(json.properties)) {
    const items = isRecord(json.additionalProperties) ? json.additionalProperties : { type: "string" };
    return { ...base, type: "object", additionalProperties: pulumiType(items, token, types) };
  }
  types[token] = {
    type: "object",
    properties: Object.fromEntries(
      Object.entries(json.properties).map(([name, property]) => [
        name,
        pulumiType(isRecord(property) ? property : {}, `${token}${capitalise(name)}`, types),
      ]),
    ),
    required: json.required ?? [],
  };
  return { ...base, $ref: `#/types/${token}` };
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
