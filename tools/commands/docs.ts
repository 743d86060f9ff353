import { writeFileSync } from "node:fs";
import { Failure, runCommand } from "../failure.ts";
import { pageFile, renderPage } from "../reference/page.ts";
import { readSettings } from "../reference/settings.ts";

/** `npm run docs`: makes docs/configuration.md anew. */
await runCommand(async () => {
  const { settings, problems } = readSettings();
  if (problems.length > 0) throw new Failure(problems.join("\n"));
  writeFileSync(pageFile, renderPage(settings));
});
