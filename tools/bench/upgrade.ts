import { upgradeDebian } from "../testhost/debianUpgrade.ts";
import type { TestHost } from "../testhost/host.ts";
import type { Lab } from "../testhost/lab.ts";
import { gapsDuring } from "../traffic/portWatch.ts";
import type { Project } from "./project.ts";
import type { Row } from "./timing.ts";

/** Sets the configuration of a mail host for that release. */
type Configure = (host: TestHost, release: "debian12" | "debian13") => Promise<void>;

/**
 * What clients notice of the deployment after Debian's own upgrade from 12 to 13: of a host that takes mail before it, how
 * long it takes none, beside the time that Debian's upgrade has taken already.
 */
export async function measureUpgrade(lab: Lab, project: Project, configure: Configure): Promise<Row[]> {
  const host = await lab.startHost({ name: "upgraded", release: "debian12" });
  const up = () => project.pulumi(["up", "--yes", "--skip-preview"]);
  await configure(host, "debian12");
  await up();
  const begin = performance.now();
  await succeed(host, "systemctl mask --now dovecot");
  const { code, stderr } = await upgradeDebian(host);
  if (code !== 0) throw new Error(`Debian's upgrade failed: ${stderr}`);
  await host.reboot();
  await succeed(host, "systemctl unmask dovecot");
  const ofDebian = secondsSince(begin);
  await configure(host, "debian13");
  const deployment = performance.now();
  const gaps = await gapsDuring(lab.client, host, up);
  const whole = secondsSince(deployment);
  const silence = (port: number) =>
    Math.max(0, ...gaps.filter((gap) => gap.port === port).map(({ seconds }) => seconds));
  return [
    {
      name: "the up after Debian's upgrade from 12 to 13",
      figure: `${silence(25).toFixed(1)} s of silence on 25`,
      beside: `Debian's own upgrade: ${ofDebian.toFixed(0)} s without IMAP; with the up, of ${whole.toFixed(0)} s, it is back after ${silence(143).toFixed(0)} s`,
      aim: "5 s",
      reached: silence(25) <= 5,
    },
  ];
}

function secondsSince(begin: number): number {
  return (performance.now() - begin) / 1000;
}

async function succeed(host: TestHost, command: string): Promise<void> {
  const { code, stderr } = await host.run(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
}
