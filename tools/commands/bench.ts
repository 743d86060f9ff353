import { emptyProject, filesProject, mailHostProject, type Project } from "../bench/project.ts";
import { measureSafety } from "../bench/safety.ts";
import { reportShares, sharesOf } from "../bench/shares.ts";
import { archiveOfDeployment, deployByScript } from "../bench/shellScript.ts";
import { type Measurement, measureInTurn, median, type Row, ratio, report, rowAgainst } from "../bench/timing.ts";
import { targetOf, user } from "../bench/user.ts";
import { runCommand } from "../failure.ts";
import type { TestHost } from "../testhost/host.ts";
import { createLab, type Lab } from "../testhost/lab.ts";

/**
 * `npm run bench`: the times that a user waits, each against the same work done in another way in the same run, because
 * single figures tell more of the machine than of the program; which part of it takes how much of a preview; and what
 * clients notice of a change.
 */
await runCommand(async () => {
  const lab = await createLab();
  const empty = await emptyProject();
  const mail = await mailHostProject();
  const files = await filesProject();
  try {
    process.stdout.write(`\n${await measureAll(lab, empty, mail, files)}\n`);
  } finally {
    for (const project of [empty, mail, files]) project[Symbol.dispose]();
    await lab.remove();
  }
});

async function measureAll(lab: Lab, empty: Project, mail: Project, files: Project): Promise<string> {
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
  const shares = await sharesOf(mail, ["preview"], host);
  const sharesOfTrivial = await sharesOf(empty, ["preview"]);
  return [
    report(rows),
    reportShares("where a preview goes, nothing changed", shares),
    reportShares("where a trivial preview goes", sharesOfTrivial),
    report(
      await measureSafety(lab, host, scripted, {
        mail,
        files,
        configure: (settings) => configure(mail, host, mailboxes, settings),
      }),
    ),
  ].join("\n\n");
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
