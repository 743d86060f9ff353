import type Dockerode from "dockerode";
import type { ContainerInputs } from "./containerInputs.ts";
import { labelMap } from "./labels.ts";

/** What the engine is asked to make. https://docs.docker.com/reference/api/engine/ */
export function containerOptions(given: ContainerInputs): Dockerode.ContainerCreateOptions {
  const { capabilities, healthcheck, ports } = given;
  return {
    name: given.name,
    Image: given.image,
    ...(given.command.length > 0 && { Cmd: given.command }),
    ...(given.entrypoints.length > 0 && { Entrypoint: given.entrypoints }),
    Env: given.envs,
    Hostname: given.hostname,
    User: given.user,
    Labels: labelMap(given.labels),
    ...(given.stopSignal !== "" && { StopSignal: given.stopSignal }),
    ...(given.stopTimeout !== undefined && { StopTimeout: given.stopTimeout }),
    ...(healthcheck !== undefined && {
      Healthcheck: {
        Test: healthcheck.tests,
        Interval: nanoseconds(healthcheck.interval),
        Timeout: nanoseconds(healthcheck.timeout),
        StartPeriod: nanoseconds(healthcheck.startPeriod),
        Retries: healthcheck.retries,
      },
    }),
    ExposedPorts: Object.fromEntries(ports.map(({ internal, protocol }) => [`${internal}/${protocol}`, {}])),
    HostConfig: {
      ...(capabilities !== undefined && { CapAdd: capabilities.adds, CapDrop: capabilities.drops }),
      SecurityOpt: given.securityOpts,
      ReadonlyRootfs: given.readOnly,
      Init: given.init,
      Mounts: given.mounts.map(({ type, source, target, readOnly }) => ({
        Type: type,
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
      Tmpfs: given.tmpfs,
      NetworkMode: given.networkMode,
      PortBindings: portBindings(ports),
      RestartPolicy: { Name: given.restart },
      LogConfig: { Type: given.logDriver, Config: given.logOpts },
    },
  };
}

/** One port inside may have several outside. */
function portBindings(ports: ContainerInputs["ports"]): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { internal, external, ip, protocol } of ports) {
    const inside = `${internal}/${protocol}`;
    bindings[inside] = [...(bindings[inside] ?? []), { HostIp: ip, HostPort: String(external) }];
  }
  return bindings;
}

const unitNanoseconds: Readonly<Record<string, number>> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Of a duration as Go writes it: `1m30s`. */
export function nanoseconds(duration: string): number {
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
    .map(([, amount, unit = ""]) => Number(amount) * (unitNanoseconds[unit] ?? 0))
    .reduce((sum, part) => sum + part, 0);
}
