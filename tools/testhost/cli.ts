import { parseRequest, type Request } from "./commandLine.ts";
import { createLab, findLab, type Lab, removeLabByName } from "./lab.ts";

function describe(lab: Lab): string {
  const { client, sink } = lab;
  const hosts = lab.hosts().map((host) => ({
    name: host.name,
    release: host.release,
    on: host.isOn(),
    address: host.address,
    port: host.port,
    user: host.user,
    hostKey: host.hostKey,
    privateKeyFile: host.privateKeyFile,
  }));
  const [host] = hosts;
  const around = { gateway: lab.gateway, proxy: client.proxy, client: client.address, sink: sink.address };
  return `${JSON.stringify({ ...host, lab: around }, undefined, 2)}\n`;
}

async function up({ lab: name, release }: Request): Promise<string> {
  const lab = (await findLab(name)) ?? (await createLab({ name, keep: true }));
  const [host] = lab.hosts();
  if (host === undefined) {
    await lab.startHost(release === undefined ? {} : { release });
  } else if (release !== undefined && host.release !== release) {
    throw new Error(`the host there is runs ${host.release}: run "down" first, or give another --lab`);
  } else {
    await host.powerOn();
  }
  return describe(lab);
}

async function existingLab(name: string): Promise<Lab> {
  const lab = await findLab(name);
  if (lab === undefined) throw new Error(`there is no lab "${name}": run "up" first`);
  return lab;
}

async function runInHost({ lab: name, shellCommand }: Request): Promise<string> {
  const [host] = (await existingLab(name)).hosts();
  if (host === undefined) throw new Error(`the lab "${name}" has no host: run "up" first`);
  const { code, stdout, stderr } = await host.run(shellCommand);
  process.stderr.write(stderr);
  process.exitCode = code;
  return stdout;
}

async function perform(request: Request): Promise<string> {
  switch (request.command) {
    case "up":
      return up(request);
    case "status":
      return describe(await existingLab(request.lab));
    case "run":
      return runInHost(request);
    case "down":
      await removeLabByName(request.lab);
      return "";
  }
}

try {
  process.stdout.write(await perform(parseRequest(process.argv.slice(2))));
} catch (error) {
  if (!(error instanceof Error)) throw error;
  const cause = error.cause instanceof Error ? `\n${error.cause.message}` : "";
  process.stderr.write(`${error.message}${cause}\n`);
  process.exitCode = 1;
}
