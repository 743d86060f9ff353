import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useDeployedHost } from "../helpers/deployedHost.ts";
import { createFreshClone, type FreshClone } from "../helpers/freshClone.ts";
import { shell } from "../helpers/providerHost.ts";
import { failure } from "../helpers/providerStack.ts";

/** A daemon that greets on port 7 with the name of the host and the number of its domains. */
const greeter = `import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";

const unit = "[Service]\\nExecStart=/usr/bin/socat -U TCP-LISTEN:7,reuseaddr,fork OPEN:/etc/greeter/greeting,rdonly\\nExecReload=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n";

export const greeter = {
  name: "greeter",
  packages: { debian13: ["socat"], debian12: ["socat"] },
  unit: { debian13: "greeter.service", debian12: "greeter.service" },
  after: ["postfix"],
  isShared: false,
  files: ({ hostname, domains }) => [
    publicFile("/etc/greeter/greeting", \`\${hostname} serves \${domains.length} domains\\n\`),
    publicFile("/etc/systemd/system/greeter.service", unit),
  ],
  concernedBy: ["/etc/greeter/", "/etc/systemd/system/greeter."],
  listeners: () => ({ listen: ["*:7"] }),
  processes: ["socat"],
  hooks: \`
greeter_check() {
  ! grep -q ' 3 domains' "$1/etc/greeter/greeting" || {
    complain "three domains are too many to greet for"
    return 1
  }
}\`,
} as const satisfies Daemon;
`;

let clone: FreshClone;

beforeAll(async () => {
  clone = await createFreshClone();
  const folder = join(clone.folder, "shared", "daemons");
  mkdirSync(join(folder, "greeter"));
  writeFileSync(join(folder, "greeter", "greeter.ts"), greeter);
  const registry = readFileSync(join(folder, "registry.ts"), "utf8");
  const withGreeter = registry
    .replace("const registered = [", "const registered = [greeter, ")
    .replace("import ", 'import { greeter } from "./greeter/greeter.ts";\nimport ');
  writeFileSync(join(folder, "registry.ts"), withGreeter);
});

afterAll(() => clone?.remove());

const domains = (...names: string[]) =>
  Object.fromEntries(["domain.tld", ...names].map((name) => [name, { mailboxes: { alice: {} } }]));

const host = useDeployedHost({ domains: domains() }, undefined, () => clone.folder);

async function greeting(): Promise<string> {
  return text(connect({ host: host().host.address, port: 7 }));
}

test("is a file and a word in the registry: it is installed, configured, started and greets", async () => {
  expect(await greeting()).toBe("mail.domain.tld serves 1 domains\n");
  expect(await shell(host().host, "systemctl is-enabled greeter.service")).toBe("enabled");
  expect(host().project.output()).toMatch(/mailhost:host:Service +mail-greeter +created/);
});

test("is started again by the next deployment", async () => {
  await shell(host().host, "systemctl stop greeter.service");
  await host().deploy({ domains: domains() });
  expect(await greeting()).toBe("mail.domain.tld serves 1 domains\n");
});

test("greets anew after a change, and its own check refuses one", async () => {
  await host().deploy({ domains: domains("domain1.tld") });
  expect(await greeting()).toBe("mail.domain.tld serves 2 domains\n");
  expect(await failure(host().deploy({ domains: domains("domain1.tld", "domain2.tld") }))).toContain(
    "three domains are too many to greet for",
  );
  expect(await greeting()).toBe("mail.domain.tld serves 2 domains\n");
});
