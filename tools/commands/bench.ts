import { type Deployed, measureMessages } from "../bench/messages.ts";
import { emptyProject, filesProject, mailHostProject, type Project } from "../bench/project.ts";
import { measureSafety } from "../bench/safety.ts";
import { reportShares, sharesOf } from "../bench/shares.ts";
import { archiveOfDeployment, deployByScript } from "../bench/shellScript.ts";
import { type Measurement, measureInTurn, median, type Row, ratio, report, rowAgainst } from "../bench/timing.ts";
import { measureUpgrade } from "../bench/upgrade.ts";
import { targetOf, user } from "../bench/user.ts";
import { runCommand } from "../failure.ts";
import type { TestHost } from "../testhost/host.ts";
import { createLab, type Lab } from "../testhost/lab.ts";

/**
 * `npm run bench`: the times that a user waits, each against the same work done in another way in the same run, because
 * single figures tell more of the machine than of the program; which part of it takes how much of a preview; and what
 * clients notice of a change, of signatures and of the upgrade of a host from Debian 12 to 13.
 */
await runCommand(async () => {
  const lab = await createLab();
  const empty = await emptyProject();
  const mail = await mailHostProject();
  const files = await filesProject();
  try {
    await measureAll(lab, empty, mail, files);
  } finally {
    for (const project of [empty, mail, files]) project[Symbol.dispose]();
    await lab.remove();
  }
});

async function measureAll(lab: Lab, empty: Project, mail: Project, files: Project): Promise<void> {
  const host = await lab.startHost();
  await configure(mail, host, ["alice", "bob"]);
  // What has to be compiled or fetched once is not what is measured.
  await empty.pulumi(["preview"]);
  await mail.pulumi(["preview"]);

  const up = ["up", "--yes", "--skip-preview"];
  const { "first deployment": first } = await measureInTurn(1, { "first deployment": () => mail.pulumi(up) });
  const packages = await installedPackages(host);
  const archive = await archiveOfDeployment(host);
  const scripted = await lab.startHost({ name: "scripted" });
  const { "a shell script": script } = await measureInTurn(1, {
    "a shell script": () => deployByScript(scripted, packages, archive),
  });
  const before = await activations(host);
  const mailboxes = ["alice", "bob"];
  const {
    "a trivial preview": trivial,
    "preview, nothing changed": preview,
    "second up, nothing changed": again,
    "up that adds a mailbox": added,
  } = await measureInTurn(5, {
    "a trivial preview": () => empty.pulumi(["preview"]),
    "preview, nothing changed": () => mail.pulumi(["preview", "--expect-no-changes"]),
    "second up, nothing changed": () => mail.pulumi([...up, "--expect-no-changes"]),
    async "up that adds a mailbox"() {
      mailboxes.push(`user${mailboxes.length}`);
      await configure(mail, host, mailboxes);
      await mail.pulumi(up);
    },
  });
  const reloaded = before !== (await activations(host));

  const againstTrivial = (measurement: Measurement, most: number, further = ""): Row =>
    rowAgainst(measurement, trivial, `${most} x${further}`, ratio(measurement, trivial) <= most && !reloaded);
  const rows: Row[] = [
    rowAgainst(first, script, "script + 8 s", median(first) <= median(script) + 8),
    againstTrivial(preview, 2.3),
    againstTrivial(again, 2.3, ", 0 changes, nothing reloaded"),
    againstTrivial(added, 2.8, ", nothing reloaded"),
  ];
  print(report(rows));

  const signing = await signingHost(lab);
  using signingProject = signing.project;
  const { "a message": message, "a message, signed": signed } = await measureMessages({
    "a message": { host, project: mail },
    "a message, signed": { host: signing.host, project: signingProject },
  });
  print(report([rowAgainst(signed, message, "5 ms more", median(signed) - median(message) <= 0.005)]));
  print(`rspamd has ${await memoryOf(signing.host, "rspamd")} MB of memory`);

  print(reportShares("where a preview goes, nothing changed", await sharesOf(mail, ["preview"], host)));
  print(reportShares("where a trivial preview goes", await sharesOf(empty, ["preview"])));

  const projects = {
    mail,
    files,
    configure: (settings: Record<string, unknown>) => configure(mail, host, mailboxes, settings),
  };
  print(report(await measureSafety(lab, host, scripted, projects)));

  using upgraded = await mailHostProject();
  print(
    report(
      await measureUpgrade(lab, upgraded, (host, release) => configure(upgraded, host, ["alice", "bob"], { release })),
    ),
  );
}

/** At once: what has been measured is not lost with what fails later. */
function print(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

/** A host whose mail is signed. */
async function signingHost(lab: Lab): Promise<Deployed> {
  const host = await lab.startHost({ name: "signing" });
  const project = await mailHostProject();
  await configure(project, host, ["alice", "bob"], { dkim: {} });
  await project.pulumi(["up", "--yes", "--skip-preview"]);
  return { host, project };
}

/** MB of the host's memory that a program's processes use, what they share counted once. */
async function memoryOf(host: TestHost, program: string): Promise<string> {
  const { stdout } = await host.run(`pgrep ${program} | sed 's|.*|/proc/&/smaps_rollup|' | xargs cat`);
  const kilobytes = [...stdout.matchAll(/^Pss: +(\d+) kB$/gm)].map(([, size]) => Number(size));
  return (kilobytes.reduce((sum, size) => sum + size, 0) / 1024).toFixed(0);
}

/** @param settings further keys of the stack configuration; those of before go on, where they are not named */
async function configure(
  project: Project,
  host: TestHost,
  mailboxes: readonly string[],
  settings: Record<string, unknown> = {},
): Promise<void> {
  project.configure({
    hostname: "mail.domain.tld",
    target: targetOf(host),
    mail: { postmaster: user.address },
    domains: { "domain.tld": { mailboxes: Object.fromEntries(mailboxes.map((name) => [name, {}])) } },
    ...settings,
  });
  const passwords = Object.fromEntries(mailboxes.map((name) => [`${name}@domain.tld`, user.hash]));
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
