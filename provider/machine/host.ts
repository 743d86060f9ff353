import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ReleaseName } from "../../shared/releases/release.ts";
import type { Connection, RunOptions } from "../connection/connection.ts";
import { HostOccupied } from "../connection/errors.ts";
import { lines, program, type Script, sh } from "../connection/shell.ts";
import { OperationError } from "../protocol/resource.ts";
import { factsScript, type HostFacts, parseFacts } from "./facts.ts";
import { changeScript, inTurn, tellHolder } from "./lock.ts";
import type { Machine } from "./machine.ts";
import { systemd } from "./systemd.ts";

const WRITING_SHELL = readFileSync(new URL("writing.sh", import.meta.url), "utf8");

interface Question {
  script: Script;
  answer(stdout: string): void;
  fail(error: unknown): void;
}

/**
 * The host that the resources live on. Questions that arrive together travel together; changes run one at a time, also those
 * that come from elsewhere.
 */
export class Host {
  readonly #connection: Connection;
  readonly #release: ReleaseName;
  readonly #operator: string;
  readonly #machine: Machine;
  #facts: Promise<HostFacts> | undefined;
  #questions: Question[] = [];
  #asking: Promise<void> | undefined;
  #lastChange: Promise<unknown> = Promise.resolve();

  /**
   * @param release the release that the host must run
   * @param operator named in the message for others that find the host locked
   * @param machine what kind of machine it is
   */
  constructor(connection: Connection, release: ReleaseName, operator: string, machine: Machine = systemd) {
    this.#connection = connection;
    this.#release = release;
    this.#operator = operator;
    this.#machine = machine;
  }

  /** Who the host is. The first call makes the connection. */
  facts(): Promise<HostFacts> {
    this.#facts ??= this.#run(factsScript).then((answer) => parseFacts(answer, this.#release));
    return this.#facts;
  }

  /** Standard output of a script that changes nothing. Its errors are its answer's business: it must not fail. */
  ask(script: Script): Promise<string> {
    return new Promise((answer, fail) => {
      this.#questions.push({ script, answer, fail });
      this.#asking ??= this.#askTogether();
    });
  }

  /**
   * Runs a script that changes the host, when no other one does, and returns standard output.
   *
   * @throws OperationError with the script's standard error when it fails, or with who changes the host for long
   */
  change(script: Script): Promise<string> {
    const run = this.#lastChange
      .then(() => this.facts())
      .then(({ awaitsUpgrade }) => {
        if (awaitsUpgrade !== undefined) throw new OperationError(awaitsUpgrade);
      })
      .then(() => inTurn(() => this.#run(changeScript(script, this.#operator), { detached: true })))
      .catch((error) => {
        if (error instanceof HostOccupied) return this.#run(tellHolder);
        throw error;
      });
    this.#lastChange = run.catch(() => {});
    return run;
  }

  /**
   * Runs a script that takes its time and changes nothing but its `scratch_directory`, and returns standard output.
   *
   * @throws OperationError with the script's standard error when it fails
   */
  async rehearse(script: Script): Promise<string> {
    await this.facts();
    return this.#run(script, { scratch: true });
  }

  /** The text of a program that runs on the host on its own. */
  program(script: Script): string {
    return program(script, this.#machine.shell);
  }

  close(): void {
    this.#connection.close();
  }

  /** While the connection is made, or a question is under way, further ones gather. */
  async #askTogether(): Promise<void> {
    try {
      await this.facts();
      while (this.#questions.length > 0) {
        const questions = this.#questions;
        this.#questions = [];
        await this.#askBatch(questions);
      }
    } catch (error) {
      for (const question of this.#questions.splice(0)) question.fail(error);
    } finally {
      this.#asking = undefined;
    }
  }

  async #askBatch(questions: readonly Question[]): Promise<void> {
    const boundary = `--${randomUUID()}`;
    const asked = questions.map(
      ({ script }) => sh`(
${script}
)
echo; echo ${boundary}`,
    );
    try {
      const answers = (await this.#run(lines(asked))).split(`\n${boundary}\n`);
      questions.forEach((question, index) => {
        question.answer(answers[index] ?? "");
      });
    } catch (error) {
      for (const question of questions) question.fail(error);
    }
  }

  async #run(script: Script, options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.#connection.run(
      program(script, WRITING_SHELL + this.#machine.shell),
      options,
    );
    if (code === 0) return stdout;
    throw new OperationError(stderr.trim() || `a command on the host failed with exit code ${code}`);
  }
}
