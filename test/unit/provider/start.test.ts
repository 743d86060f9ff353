import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";

/** What the protocol takes. LiquidJS, zod, ssh2 and the certificate library wait until the engine has the port. */
const packagesOfProtocol = [
  "@grpc/grpc-js",
  "@js-sdsl/ordered-map",
  "@pulumi/pulumi",
  "fastest-levenshtein",
  "google-protobuf",
];

async function modulesBeforePort(main: string): Promise<string[]> {
  const preload = join(checkoutFolder, "test", "fixtures", "loadedModules.mjs");
  const provider = spawn(process.execPath, ["--import", preload, join(checkoutFolder, main)]);
  let stderr = "";
  provider.stderr.on("data", (text) => {
    stderr += text;
  });
  await once(provider.stdout, "data");
  provider.kill();
  await once(provider, "close");
  return JSON.parse(stderr);
}

test.each(["provider/main.ts", "tools/offline/tls/main.ts", "tools/offline/command/main.ts"])(
  "%s loads nothing but the protocol before it prints its port",
  async (main) => {
    const modules = await modulesBeforePort(main);
    const packages = modules.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual(packagesOfProtocol);
    expect(modules.filter((url) => url.includes("/@pulumi/pulumi/") && !url.includes("/proto/"))).toEqual([]);
  },
);
