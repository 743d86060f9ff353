import type { Log } from "./resource.ts";
import { engineGrpc, enginePb, grpc } from "./wire.ts";

/** The engine's log: what is written here is shown to the user, at the resource it belongs to. */
export interface EngineLog {
  forResource(urn: string): Log;
  /** A message that belongs to no resource. */
  write: Log;
}

const SEVERITIES = {
  progress: enginePb.LogSeverity.INFO,
  debug: enginePb.LogSeverity.DEBUG,
  info: enginePb.LogSeverity.INFO,
  warning: enginePb.LogSeverity.WARNING,
  error: enginePb.LogSeverity.ERROR,
} as const;

/** Without an engine (a provider started by hand) messages go to standard error. */
export function openEngineLog(engineAddress: string | undefined): EngineLog {
  if (engineAddress === undefined) {
    const write: Log = (severity, message) => void process.stderr.write(`${severity}: ${message}\n`);
    return { forResource: () => write, write };
  }
  const client = new engineGrpc.EngineClient(engineAddress, grpc.credentials.createInsecure());
  const log =
    (urn: string): Log =>
    (severity, message) => {
      const request = new enginePb.LogRequest();
      request.setSeverity(SEVERITIES[severity]);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(severity === "progress");
      // A lost message must not fail the operation it tells of.
      client.log(request, () => {});
    };
  return { forResource: log, write: log("") };
}
