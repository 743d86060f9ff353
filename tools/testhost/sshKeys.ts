import { readFileSync } from "node:fs";
import { mustRun } from "./processes.ts";

/** Makes an SSH key pair and answers its public half, without a comment. */
export async function createKey(file: string): Promise<string> {
  await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  return readFileSync(`${file}.pub`, "utf8").trim();
}
