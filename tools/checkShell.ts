import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { acmeProgram } from "../shared/daemons/lego/acmeFiles.ts";
import { daemons } from "../shared/daemons/registry.ts";
import { releases } from "../shared/releases/releases.ts";
import { ensureInstalled } from "./debianPackages.ts";
import { Failure, runCommand } from "./failure.ts";
import { checkoutFolder } from "./launch/paths.mjs";

/*
 * ShellCheck over all shell that lies in files of its own, in pages or in templates; run with Node in the checkout.
 */

/** Shell to check, under a name for the findings. */
interface Shell {
  name: string;
  text: string;
}

await runCommand(async () => {
  try {
    await ensureInstalled([{ need: "shellcheck", debianPackage: "shellcheck" }], "the checks of shell");
  } catch (error) {
    if (!(error instanceof Failure) || process.env.CI !== undefined) throw error;
    process.stderr.write(`mailhost: NO SHELL WAS CHECKED: ${error.message}\n`);
    return;
  }
  const change = changeScript();
  for (const shell of [change, ...scriptsBeside(change), ...documentedScripts(), ...rotationCommands()]) {
    for (const finding of [...shellCheck(shell), ...callsOfNothing(shell)]) {
      process.stdout.write(`${finding}\n`);
      process.exitCode = 1;
    }
  }
});

/** Files that are no part of a change. */
function scriptsBeside(change: Shell): Shell[] {
  const files = globSync("**/*.sh", { cwd: checkoutFolder, exclude: ["node_modules", ".local"] });
  const others = files.filter((path) => !change.text.includes(`. ${path}\n`));
  return [".ci/run", "provider/pulumi-resource-mailhost", `files/lego${acmeProgram}`, ...others].map((name) => ({
    name,
    text: read(name),
  }));
}

/**
 * A change of configuration with all its parts joined as on the host, where each uses functions and variables of the others;
 * ShellCheck follows the dots and names the part.
 */
function changeScript(): Shell {
  const given =
    "stage previous originals changed removed obsolete foreign expected wanted kept unchanged daemons leaving units".split(
      " ",
    );
  const ofDaemons = daemons.flatMap(({ name, hookVariables }) => {
    const further = Object.values(releases).flatMap((release) => Object.keys(hookVariables?.(release) ?? {}));
    return ["unit", ...further].map((variable) => `${name}_${variable}`);
  });
  const parts = ["machine/systemd.sh", "transaction/common.sh", "transaction/hooks.sh"].map(
    (path) => `provider/${path}`,
  );
  const hooks = daemons.map(({ hooks }) =>
    hooks instanceof URL ? `. ${relative(checkoutFolder, hooks.pathname)}` : hooks,
  );
  const text = [
    "#!/bin/sh",
    ...[...new Set([...given, ...ofDaemons])].map((variable) => `export ${variable}=''`),
    ...parts.map((path) => `. ${path}`),
    ...hooks,
    ". provider/transaction/transaction.sh",
    "transaction",
    "",
  ];
  return { name: "a change of configuration", text: text.join("\n") };
}

/** Scripts that a page tells to put onto the host. */
function documentedScripts(): Shell[] {
  return globSync("{README,docs/*}.md", { cwd: checkoutFolder }).flatMap((name) =>
    [...read(name).matchAll(/^( *)(#!\/bin\/sh\n.*?)^ *```$/gms)].map(([, indent = "", text = ""]) => ({
      name,
      text: text.replaceAll(`\n${indent}`, "\n"),
    })),
  );
}

/** The commands in files of logrotate, without the marks of our templates. */
function rotationCommands(): Shell[] {
  return globSync("files/logrotate/**/*", { cwd: checkoutFolder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(checkoutFolder, join(entry.parentPath, entry.name)))
    .flatMap((name) =>
      [...read(name).matchAll(/^ *postrotate\n(.*?)^ *endscript$/gms)].map(([, text = ""]) => ({
        name,
        text: `#!/bin/sh\n${text.replaceAll(/\{%.*?%\}/g, "")}`,
      })),
    );
}

function shellCheck({ name, text }: Shell): string[] {
  const { stdout, stderr, status, error } = spawnSync(
    "shellcheck",
    ["--check-sourced", "--external-sources", "--format=gcc", "-"],
    { cwd: checkoutFolder, input: text, encoding: "utf8" },
  );
  if (error !== undefined) throw error;
  // 1 stands for findings.
  if (status !== 0 && status !== 1) throw new Failure(`shellcheck failed at ${name}: ${stderr}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^-:/, `${name}:`));
}

/**
 * Calls of functions that are nowhere defined, which ShellCheck takes for programs. Our functions have an underscore in their
 * name, other than the programs that are called.
 */
function callsOfNothing({ name, text }: Shell): string[] {
  const whole = text
    .replaceAll(/^\. (?!\/)(.*)$/gm, (_, path) => read(path))
    // Comments, and patterns of `case`.
    .replaceAll(/(?<=\s)#.*$/gm, "")
    .replaceAll(/^\s*[^\s()"$]+(?: \| [^\s()"$]+)*\)/gm, "");
  const defined = new Set([...whole.matchAll(/^(\w+)\(\) \{/gm)].map(([, found]) => found));
  const calls = whole.matchAll(
    /(?:^|(?<!\\)[|&;{!]|\$\(|\b(?:then|do|else|if|elif|until|while|until_ok)\b)[ \t]*([a-z]+(?:_[a-z]+)+)(?=[\s;)]|$)/gm,
  );
  const unknown = [...calls].map(([, call = ""]) => call).filter((call) => !defined.has(call));
  return [...new Set(unknown)].map((call) => `${name}: there is no function ${call}`);
}

function read(path: string): string {
  return readFileSync(join(checkoutFolder, path), "utf8");
}
