import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ensureDemoHost } from "../demo/demoHost.ts";
import { readMessage, sendMessage } from "../demo/demoMail.ts";
import { configureDemoStack, deployDemoStack, STACK } from "../demo/demoStack.ts";
import { type DemoUsers, ensureDemoUsers } from "../demo/demoUsers.ts";
import { step } from "../demo/steps.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { runCommand } from "../failure.ts";
import { checkoutFolder, localFolder } from "../launch/paths.mjs";

/** `npm start`: the documented stack on a throw-away host, and a message through it. */
await runCommand(async () => {
  const [engine, users] = await step("Pulumi engine", () => Promise.all([prepareEngine(), ensureDemoUsers()]));
  const [alice, bob] = users;
  const { host } = await step("Throw-away Debian 13 host", ensureDemoHost);
  await step(`Configuration of the stack "${STACK}"`, () => configureDemoStack(engine, host, users));
  const outputs = await step("Deployment", () => deployDemoStack(engine));
  const server = { address: host.address, ...outputs };
  const authorityFile = join(localFolder, "certificate-authority.pem");
  writeFileSync(authorityFile, outputs.certificateAuthority);
  const subject = await step(`A message from ${alice.address} to ${bob.address}, by submission (587)`, () =>
    sendMessage(server, alice, bob),
  );
  const message = await step(`Reading it as ${bob.address}, by IMAP (143)`, () => readMessage(server, bob, subject));
  process.stdout.write(
    `\n${indent(message.trim())}\n\n${summary(host.address, outputs.hostname, users, authorityFile)}\n`,
  );
});

function indent(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/^/gm, "    | ");
}

function summary(address: string, hostname: string, users: DemoUsers, authorityFile: string): string {
  const rows: [string, string][] = [
    ["Host", `${hostname} at ${address}`],
    ["Submission", "port 587, STARTTLS, log-in with the whole address"],
    ["IMAP", "port 143, STARTTLS"],
    ...users.map(({ address, password }): [string, string] => ["User", `${address}, password ${password}`]),
    ["Certificate authority", relative(process.cwd(), authorityFile)],
    ["Mail client", `on this machine: server ${address}, ports above, trust the authority; the name is ${hostname}`],
    ["What would change", `npm run pulumi -- preview --diff --stack ${STACK}`],
    [
      "Change something",
      `edit ${relative(process.cwd(), join(checkoutFolder, `Pulumi.${STACK}.yaml`))}, then: npm run pulumi -- up --stack ${STACK}`,
    ],
    ["Remove everything", "npm stop"],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
