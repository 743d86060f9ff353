import { parseArgs } from "node:util";
import { type Release, releases } from "./image.ts";

const usage = `Usage: node tools/testhost/cli.ts COMMAND [--lab NAME] [--release debian13|debian12] [-- SHELL COMMAND]

  up      makes a host that outlives this command, or switches it on again, and prints how to reach it as JSON
  status  prints the same for a host that is there
  run     runs a shell command in the host, as root
  down    removes the host and everything around it
`;

/** What the command line asks for. */
export interface Request {
  readonly command: "up" | "status" | "run" | "down";
  readonly lab: string;
  readonly release: Release | undefined;
  readonly shellCommand: string;
}

/** Reads the arguments of the command line; an error's text is meant for the user. */
export function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { lab: { type: "string", default: "testhost" }, release: { type: "string" } },
  });
  const [command, ...rest] = positionals;
  if (command !== "up" && command !== "status" && command !== "run" && command !== "down") {
    throw new Error(`${command === undefined ? "no command" : `unknown command "${command}"`}\n\n${usage}`);
  }
  const release = releases.find((known) => known === values.release);
  if (values.release !== undefined && release === undefined) {
    throw new Error(`--release: "${values.release}" is none of ${releases.join(", ")}`);
  }
  if ((command === "run") !== rest.length > 0) throw new Error(usage);
  return { command, lab: values.lab, release, shellCommand: rest.join(" ") };
}
