import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { createMailHostProject } from "../helpers/mailHostProject.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a state of an earlier version is taken, and shows no change but what is new since", async () => {
  using project = await createMailHostProject();
  await project.restore(join(checkoutFolder, "test/fixtures/earlierState"));
  // Nothing listens at its address: what cannot be asked is taken to be as it was.
  vi.stubEnv("MAILHOST_UNREACHABLE", "keep-state");
  // It is never asked for a key, but without one there is no attempt.
  vi.stubEnv("SSH_AUTH_SOCK", "/nonexistent/agent");
  const { changeSummary } = await project.preview();
  // New are the copies in the directory that Postfix is confined to, their watcher, and the certificate, which the program signed itself; the
  // authority stays. Others than before are the certificate and texts of files, which the acceptance check follows, and
  // the versions of Dovecot's packages.
  expect(changeSummary, project.output()).toEqual({ same: 14, update: 3, create: 3, delete: 3 });
  const changed = /^ {4}~ mailhost:host:ConfigSet: .*\n(?: {6,}.*\n)+/m.exec(project.output())?.[0];
  expect(changed?.match(/^ {6}[~+-] \w+/gm)).toEqual([
    "      ~ attributes",
    "      ~ files",
    "      ~ fingerprints",
    "      ~ secretFiles",
  ]);
});
