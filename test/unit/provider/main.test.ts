import { join } from "node:path";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import { expect, test } from "vitest";
import * as host from "../../../resources/index.ts";
import { useProviderProcess } from "../../helpers/providerProcess.ts";

const start = useProviderProcess();

interface Property {
  type?: string;
  $ref?: string;
  secret?: boolean;
  description?: string;
  items?: Property;
  additionalProperties?: Property;
  oneOf?: Property[];
}

interface ResourceSchema {
  description: string;
  inputProperties: Record<string, Property>;
  requiredInputs: string[];
  properties: Record<string, Property>;
  required: string[];
}

interface Schema {
  name: string;
  version: string;
  types: Record<string, { type: string; properties: Record<string, Property>; required: string[] }>;
  provider: { inputProperties: Record<string, Property>; requiredInputs: string[] };
  resources: Record<string, ResourceSchema>;
}

async function readSchema(): Promise<Schema> {
  const provider = await start(join(import.meta.dirname, "../../../provider/main.ts"));
  const response = await provider.call<pb.GetSchemaResponse>((client, reply) =>
    client.getSchema(new pb.GetSchemaRequest(), reply),
  );
  return JSON.parse(response.getSchema());
}

function* nested(property: Property): Generator<Property> {
  yield property;
  for (const inner of [property.items, property.additionalProperties, ...(property.oneOf ?? [])]) {
    if (inner !== undefined) yield* nested(inner);
  }
}

test("the schema has every resource class, every type that is referred to, and a description for every property", async () => {
  const { name, types, resources, provider } = await readSchema();
  expect(name).toBe("mailhost");
  const classes = Object.keys(host).filter((key) => /^[A-Z]/.test(key) && key !== "Provider");
  expect(
    Object.keys(resources)
      .map((token) => token.split(":")[2])
      .sort(),
  ).toEqual(classes.sort());
  const maps = [
    provider.inputProperties,
    ...Object.values(types).map(({ properties }) => properties),
    ...Object.values(resources).flatMap(({ inputProperties, properties }) => [inputProperties, properties]),
  ];
  for (const [property, schema] of maps.flatMap((map) => Object.entries(map))) {
    expect(schema.description ?? schema.$ref, property).toBeTruthy();
    for (const { type, $ref, oneOf } of nested(schema)) {
      if ($ref !== undefined) expect(types).toHaveProperty([$ref.replace("#/types/", "")]);
      else if (oneOf === undefined)
        expect(["string", "integer", "number", "boolean", "array", "object"]).toContain(type);
    }
  }
});

test("what is required exists, and what is secret is marked", async () => {
  const { resources, provider } = await readSchema();
  for (const { inputProperties, requiredInputs, properties, required } of Object.values(resources)) {
    expect(Object.keys(inputProperties)).toEqual(expect.arrayContaining(requiredInputs));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(required));
  }
  expect(provider.inputProperties.privateKey?.secret).toBe(true);
  expect(resources["mailhost:mail:VirtualTables"]?.inputProperties.hashes?.secret).toBe(true);
  expect(resources["mailhost:mail:VirtualTables"]?.properties.hashes?.secret).toBe(true);
  expect(resources["mailhost:host:ConfigSet"]?.properties.secretFiles?.secret).toBe(true);
});
