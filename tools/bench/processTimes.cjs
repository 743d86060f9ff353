/*
 * Preloaded into each Node process of a measured run (NODE_OPTIONS): at its end it writes what it was and what it took
 * into the folder that the environment names.
 */
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const times = {
    args: process.argv.slice(1),
    start: performance.timeOrigin,
    end: Date.now(),
    cpuSeconds: (user + system) / 1e6,
  };
  writeFileSync(join(process.env.MAILHOST_BENCH_TIMES, `${process.pid}.json`), JSON.stringify(times));
});
