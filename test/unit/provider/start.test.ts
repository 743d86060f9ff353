import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../../tools/launch/paths.mjs";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const folder = useTemporaryFolder();

/** What the protocol takes. LiquidJS, zod, ssh2 and the certificate library wait until the engine has the port. */
const packagesOfProtocol = [
  "@grpc/grpc-js",
  "@js-sdsl/ordered-map",
  "@pulumi/pulumi",
  "fastest-levenshtein",
  "google-protobuf",
];

async function modulesBeforePort(main: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const preload = join(checkoutFolder, "test", "fixtures", "loadedModules.mjs");
  const provider = spawn(process.execPath, ["--import", preload, join(checkoutFolder, main)], {
    env: { ...process.env, ...environment },
  });
  let stderr = "";
  provider.stderr.on("data", (text) => {
    stderr += text;
  });
  await once(provider.stdout, "data");
  provider.kill();
  await once(provider, "close");
  return JSON.parse(stderr);
}

/** The names of the packages that modules are of. */
function packagesOf(modules: readonly string[]): string[] {
  const packages = modules.flatMap((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

test.each(["provider/main.ts", ...["command", "docker", "tls"].map((name) => `tools/offline/${name}/main.ts`)])(
  "%s loads nothing but the protocol before it prints its port",
  async (main) => {
    const modules = await modulesBeforePort(main);
    expect(packagesOf(modules)).toEqual(packagesOfProtocol);
    expect(modules.filter((url) => url.includes("/@pulumi/pulumi/") && !url.includes("/proto/"))).toEqual([]);
  },
);

test("a provider that another process serves loads no package at all", async () => {
  const MAILHOST_PROVIDERS = join(folder(), "socket");
  const server = createServer((asker) => asker.on("error", () => {}).once("data", () => asker.write("4711\n")));
  await once(server.listen(MAILHOST_PROVIDERS), "listening");
  expect(packagesOf(await modulesBeforePort("provider/main.ts", { MAILHOST_PROVIDERS }))).toEqual([]);
  server.close();
});
