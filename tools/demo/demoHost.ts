import type { TestHost } from "../testhost/host.ts";
import { createLab, findLab, type Lab, removeLabByName } from "../testhost/lab.ts";

/** One per checkout. */
const LAB_NAME = "start";

/** A throw-away host that stays until `npm stop`, or until this machine restarts. */
export async function ensureDemoHost(): Promise<{ lab: Lab; host: TestHost }> {
  const lab = (await findLab(LAB_NAME)) ?? (await createLab({ name: LAB_NAME, keep: true }));
  const [host] = lab.hosts();
  if (host === undefined) return { lab, host: await lab.startHost({ release: "debian13" }) };
  if (!host.isOn()) await host.powerOn();
  return { lab, host };
}

export async function removeDemoHost(): Promise<void> {
  await removeLabByName(LAB_NAME);
}
