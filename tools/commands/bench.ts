import { emptyProject, mailHostProject, type Project } from "../bench/project.ts";
import { archiveOfDeployment, deployByScript } from "../bench/shellScript.ts";
import { measure, median, type Row, report } from "../bench/timing.ts";
import { runCommand } from "../failure.ts";
import type { TestHost } from "../testhost/host.ts";
import { createLab, type Lab } from "../testhost/lab.ts";

/**
 * `npm run bench`: the times that a user waits, each against the same work done in another way in the same run, because
 * single figures tell more of the machine than of the program.
 */
await runCommand(async () => {
  const lab = await createLab();
  const empty = await emptyProject();
  const mail = await mailHostProject();
  try {
    process.stdout.write(`\n${report(await measureAll(lab, empty, mail))}\n`);
  } finally {
    empty[Symbol.dispose]();
    mail[Symbol.dispose]();
    await lab.remove();
  }
});

async function measureAll(lab: Lab, empty: Project, mail: Project): Promise<Row[]> {
  const host = await lab.startHost();
  await configure(mail, host, ["alice", "bob"]);
  // What has to be compiled or fetched once is not what is measured.
  await empty.pulumi(["preview"]);
  await mail.pulumi(["preview"]);

  const first = await measure("first deployment", 1, () => mail.pulumi(["up", "--yes", "--skip-preview"]));
  const packages = await installedPackages(host);
  const archive = await archiveOfDeployment(host);
  const scripted = await lab.startHost({ name: "scripted" });
  const script = await measure("a shell script", 1, () => deployByScript(scripted, packages, archive));
  const trivial = await measure("a trivial preview", 5, () => empty.pulumi(["preview"]));
  const preview = await measure("preview, nothing changed", 5, () => mail.pulumi(["preview", "--expect-no-changes"]));
  const before = await activations(host);
  const again = await measure("second up, nothing changed", 3, () =>
    mail.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes"]),
  );
  const mailboxes = ["alice", "bob"];
  const added = await measure("up that adds a mailbox", 3, async () => {
    mailboxes.push(`user${mailboxes.length}`);
    await configure(mail, host, mailboxes);
    await mail.pulumi(["up", "--yes", "--skip-preview"]);
  });
  const unreloaded = before === (await activations(host));

  return [
    { measurement: first, against: script, aim: "script + 8 s", reached: median(first) <= median(script) + 8 },
    { measurement: preview, against: trivial, aim: "3 s", reached: median(preview) <= 3 },
    { measurement: again, against: trivial, aim: "0 changes, nothing reloaded", reached: unreloaded },
    { measurement: added, against: trivial, aim: "4 s, nothing reloaded", reached: median(added) <= 4 && unreloaded },
  ];
}

async function configure(project: Project, host: TestHost, mailboxes: readonly string[]): Promise<void> {
  const hash =
    "{SHA512-CRYPT}$6$bench$GYpmyfiRfuPfdAKV4XHfpPBdVeF7q0vBNC0IX2KHCiVAp0zPlCqLXJhHS7I7m1qy3kXjJvWZ9EnGzCtZV7kJ2/";
  project.configure({
    hostname: "mail.domain.tld",
    target: { address: host.address, hostKey: host.hostKey, privateKeyFile: host.privateKeyFile },
    mail: { postmaster: "alice@domain.tld" },
    domains: { "domain.tld": { mailboxes: Object.fromEntries(mailboxes.map((name) => [name, {}])) } },
  });
  const passwords = Object.fromEntries(mailboxes.map((name) => [`${name}@domain.tld`, hash]));
  await project.pulumi(["config", "set", "--secret", "mailhost:passwords"], JSON.stringify(passwords));
}

/** The packages that the deployment installed, as its manifest tells. */
async function installedPackages(host: TestHost): Promise<string[]> {
  const { stdout } = await host.run("cat /var/lib/mailhost/manifest.json");
  return JSON.parse(stdout).resources["mailhost:host:Packages packages"].installed;
}

/** When the daemons were last started or reloaded, as the journal tells. */
async function activations(host: TestHost): Promise<string> {
  const { stdout } = await host.run(
    "journalctl --quiet --output=cat --grep 'reload|starting up|start' -u dovecot -u postfix",
  );
  return stdout;
}
