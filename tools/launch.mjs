/**
 * `node tools/launch.mjs COMMAND ARGS` is what every npm script calls.
 *
 * It runs on the Node that happens to be installed and before anything of this repository is: it finds or fetches the
 * Node that the sources need, installs the packages of package-lock.json, then runs `tools/commands/COMMAND.ts`.
 *
 * This file only guards: everything else is imported after the version is known, so that a very old Node says what to
 * do instead of tripping over syntax.
 */

const oldestLauncherNode = 18;

if (Number.parseInt(process.versions.node, 10) < oldestLauncherNode) {
  process.stderr.write(
    `mailhost: Node ${process.versions.node} is too old even to fetch a newer one: install Node 22.18 or later\n`,
  );
  process.exitCode = 1;
} else {
  import("./launch/main.mjs").then((main) => main.launch(process.argv.slice(2)));
}
