import { createTransport } from "nodemailer";
import type { TestHost } from "../testhost/host.ts";
import type { Project } from "./project.ts";
import { type Measurement, measureInTurn } from "./timing.ts";
import { user } from "./user.ts";

/** A host that has been deployed, and the project that did it. */
export interface Deployed {
  readonly host: TestHost;
  readonly project: Project;
}

/** How long a submitted message takes until the host has taken it, each over a connection that stays open. */
export async function measureMessages<Name extends string>(
  hosts: Readonly<Record<Name, Deployed>>,
): Promise<Record<Name, Measurement>> {
  const names = Object.keys(hosts) as Name[];
  const opened = await Promise.all(names.map(async (name) => [name, await connect(hosts[name])] as const));
  try {
    const works: Record<string, () => Promise<unknown>> = Object.fromEntries(
      opened.map(([name, transport]) => [name, () => transport.sendMail(message)]),
    );
    // The first ones connect, and start processes on the host.
    await measureInTurn(5, works);
    return await measureInTurn(50, works);
  } finally {
    for (const [, transport] of opened) transport.close();
  }
}

const message = {
  from: user.address,
  to: "bob@domain.tld",
  subject: "measured",
  text: "A line of a message.\n".repeat(50),
};

async function connect({ host, project }: Deployed) {
  return createTransport({
    pool: true,
    maxConnections: 1,
    maxMessages: Number.POSITIVE_INFINITY,
    host: host.address,
    port: 587,
    requireTLS: true,
    tls: {
      servername: "mail.domain.tld",
      ca: await project.pulumi(["stack", "output", "certificateAuthority"]),
    },
    auth: { user: user.address, pass: user.password },
  });
}
