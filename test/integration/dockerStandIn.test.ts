import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { automationOptions } from "../../tools/engine/automation.ts";
import type { TestHost } from "../../tools/testhost/host.ts";
import { createLab, type Lab } from "../../tools/testhost/lab.ts";
import { failure } from "../helpers/providerStack.ts";
import { stateFiles } from "../helpers/stateFiles.ts";
import { useTemporaryFolder } from "../helpers/temporaryFolder.ts";

// What the program may rely on, whichever plugin answers: the official one or the stand-in. The engine is Debian's, behind SSH.

const folder = useTemporaryFolder();

let lab: Lab;
let host: TestHost;
/** Address of an engine; a test may name another. */
let engine: string;
let options: Options;
let stack: Stack;

interface Options {
  container: Partial<docker.ContainerArgs>;
  image: Partial<docker.RemoteImageArgs>;
  dockerfile: string;
  volume: pulumi.CustomResourceOptions;
}

beforeAll(async () => {
  lab = await createLab();
  host = await lab.startHost({ docker: true });
  await onHost(
    "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends " +
      "docker.io docker-cli iptables busybox-static >/dev/null",
  );
  // There may be no registry to pull from.
  await onHost(
    "cd $(mktemp -d) && mkdir bin tmp && cp /bin/busybox bin/ && ln -s busybox bin/sh && tar c . | docker import - box:1 >/dev/null",
  );
});

afterAll(() => lab?.remove());

beforeEach(async () => {
  await onHost(
    "docker ps -aq | xargs -r docker rm -f; docker volume ls -q | xargs -r docker volume rm -f; docker network prune -f; " +
      "docker image ls --format '{{.Repository}}:{{.Tag}}' greeter | xargs -r docker image rm",
  );
  engine = `ssh://root@${host.address}`;
  options = {
    container: {},
    image: {},
    dockerfile: "FROM box:1\nARG GREETING\nRUN echo $GREETING >/greeting\n",
    volume: {},
  };
  const known = join(folder(), "known_hosts");
  writeFileSync(known, `${host.address} ${host.hostKey}\n`);
  const sshOpts = ["-i", host.privateKeyFile, "-o", `UserKnownHostsFile=${known}`, "-o", "IdentitiesOnly=yes"];
  const folders = { home: join(folder(), "home"), backendFolder: join(folder(), "state"), passphrase: "correct horse" };
  const program = async () => {
    writeFileSync(join(folder(), "Dockerfile"), options.dockerfile);
    return deployed(new docker.Provider("engine", { host: engine, sshOpts }));
  };
  stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "t", projectName: "containers", program },
    { ...(await automationOptions(folders)), workDir: folder() },
  );
});

/** A small web server: image, network, volume and container. */
function deployed(provider: docker.Provider) {
  const image = new docker.RemoteImage(
    "image",
    {
      name: "greeter:1",
      build: { context: folder(), dockerfile: "Dockerfile", buildArgs: { GREETING: "hello" }, useLegacyBuilder: true },
      ...options.image,
    },
    { provider },
  );
  const network = new docker.Network("network", { name: "greetings" }, { provider });
  const volume = new docker.Volume("volume", { name: "kept" }, { provider, ...options.volume });
  const container = new docker.Container(
    "container",
    {
      name: "greeter",
      image: image.imageId,
      command: ["busybox", "httpd", "-f", "-p", "8080", "-h", "/"],
      networkMode: "bridge",
      networksAdvanced: [{ name: network.name }],
      ports: [{ internal: 8080, external: 8080 }],
      mounts: [{ type: "volume", source: volume.name, target: "/kept" }],
      tmpfs: { "/tmp": "size=1m" },
      readOnly: true,
      capabilities: { drops: ["ALL"], adds: ["CAP_NET_BIND_SERVICE"] },
      securityOpts: ["no-new-privileges"],
      healthcheck: { tests: ["CMD", "busybox", "wget", "-qO", "-", "http://127.0.0.1:8080/greeting"], interval: "1s" },
      wait: true,
      destroyGraceSeconds: 1,
      ...options.container,
    },
    { provider },
  );
  return { container: container.id, image: image.imageId };
}

async function onHost(command: string): Promise<string> {
  const { code, stdout, stderr } = await host.run(command);
  if (code !== 0) throw new Error(`${command}: ${stderr}`);
  return stdout.trim();
}

async function deploy() {
  const { outputs, summary } = await stack.up({ color: "never" });
  return { id: outputs.container?.value, image: outputs.image?.value, changes: summary.resourceChanges };
}

function inspect(format: string): Promise<string> {
  return onHost(`docker inspect --format '${format}' greeter`);
}

async function greeting(): Promise<string> {
  return (await fetch(`http://${host.address}:8080/greeting`)).text();
}

it("image, network, volume and container are made as asked for, changed, and removed", async () => {
  options.volume = { retainOnDelete: true };
  options.container = { envs: [pulumi.secret("WORD=opensesame")] };
  const { id, image, changes } = await deploy();
  expect(changes).toEqual({ create: 6 });
  expect(await greeting()).toBe("hello\n");
  expect(await inspect("{{.Id}} {{.Image}} {{index .Config.Env 0}}")).toBe(`${id} ${image} WORD=opensesame`);
  const { HostConfig: asked } = JSON.parse(await inspect("{{json .}}"));
  expect(asked).toMatchObject({
    ReadonlyRootfs: true,
    Privileged: false,
    CapDrop: ["ALL"],
    CapAdd: ["CAP_NET_BIND_SERVICE"],
    SecurityOpt: ["no-new-privileges"],
    Tmpfs: { "/tmp": "size=1m" },
  });
  const networks = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
  expect(await inspect(`${networks}{{.State.Health.Status}}`)).toBe("greetings healthy");
  const state = stateFiles(join(folder(), "state"));
  expect(state).toContain("no-new-privileges");
  expect(state).not.toContain("opensesame");
  await stack.up({ expectNoChanges: true });

  options.container = { ...options.container, restart: "unless-stopped" };
  expect((await deploy()).changes).toEqual({ same: 5, update: 1 });
  expect(await inspect("{{.Id}} {{.HostConfig.RestartPolicy.Name}}")).toBe(`${id} unless-stopped`);

  await onHost("docker exec greeter sh -c 'echo mail >/kept/mail'");
  options.container = { envs: ["A=1"] };
  expect((await stack.preview()).changeSummary).toEqual({ same: 5, replace: 1 });
  expect(await inspect("{{.Id}}")).toBe(id);
  const after = await deploy();
  expect(after.changes).toEqual({ same: 5, replace: 1 });
  expect(after.id).not.toBe(id);
  expect(await onHost("docker exec greeter busybox cat /kept/mail; docker ps -aq --no-trunc")).toBe(
    `mail\n${after.id}`,
  );

  await stack.destroy();
  expect(await onHost("docker ps -aq; docker volume ls -q; docker network ls -q -f name=greetings")).toBe("kept");
  expect(await onHost("docker image ls -q greeter")).toBe("");
});

it("an image is made anew when a trigger says so; while it cannot be, the container of the old one runs on", async () => {
  const { id, image } = await deploy();
  options.dockerfile = "FROM box:1\nRUN echo out of order; exit 3\n";
  await stack.up({ expectNoChanges: true });
  options.image = { name: "greeter:2", triggers: { dockerfile: "2" } };
  const refusal = await failure(deploy());
  expect(refusal).toMatch(/out of order/);
  expect(refusal).toMatch(/non-zero code: 3/);
  expect(await inspect("{{.Id}} {{.State.Running}}")).toBe(`${id} true`);
  options.dockerfile = "FROM box:1\nRUN echo mended >/greeting\n";
  const after = await deploy();
  expect(after.changes).toEqual({ same: 4, replace: 2 });
  expect(after.image).not.toBe(image);
  expect(await greeting()).toBe("mended\n");
  expect(await onHost("docker image ls --format '{{.Tag}}' greeter")).toBe("2");
});

it("what has changed on the engine by itself shows in a refresh", async () => {
  await deploy();
  await onHost("docker stop -t 0 greeter");
  expect((await stack.preview({ refresh: true })).changeSummary).toMatchObject({ replace: 1 });
  await stack.up({ refresh: true });
  expect(await inspect("{{.State.Running}}")).toBe("true");
  await onHost("docker rm -f greeter");
  expect((await stack.preview({ refresh: true })).changeSummary).toMatchObject({ create: 1 });
  options.container = { start: false, mustRun: false, wait: false };
  await stack.up({ refresh: true });
  expect(await inspect("{{.State.Status}}")).toBe("created");
  expect((await stack.preview({ refresh: true })).changeSummary).toMatchObject({ same: 6 });
  await onHost("docker rm -f greeter");
  await onHost("docker image rm greeter:1 && docker volume rm kept && docker network rm greetings");
  await stack.destroy();
  expect((await stack.exportStack()).deployment.resources ?? []).toEqual([]);
});

it("a container that cannot start, or is not healthy in time, is told and made by the next update", async () => {
  await onHost("docker run -d -p 8080:80 --name other box:1 busybox httpd -f -p 80");
  expect(await failure(deploy())).toMatch(/port is already allocated/);
  await onHost("docker rm -f other");
  options.container = {
    healthcheck: { tests: ["CMD", "busybox", "false"], interval: "1s", retries: 1 },
    waitTimeout: 10,
  };
  expect(await failure(deploy())).toMatch(/healthy/);
  options.container = {};
  await deploy();
  expect(await greeting()).toBe("hello\n");
});

it("a preview makes nothing, and tells of an engine that does not answer", async () => {
  expect((await stack.preview()).changeSummary).toEqual({ create: 6 });
  expect(await onHost("docker ps -aq; docker volume ls -q; docker image ls -q greeter")).toBe("");
  engine = `unix://${join(folder(), "docker.sock")}`;
  expect(await failure(stack.preview())).toMatch(/connect to any docker daemon|Cannot connect to the Docker daemon/);
});

it("an engine behind ssh that refuses the log-in says so", async () => {
  engine = `ssh://nobody@${host.address}`;
  expect(await failure(deploy())).toMatch(/Permission denied/);
});
