import { expect, test } from "vitest";
import { parseFacts } from "../../../../provider/machine/facts.ts";

const hostId = "0".repeat(32);
const answer = (release: string, system: string) => `${hostId}\n${release}\n${system}\n\n`;

test("a host of the configured release is taken", () => {
  const facts = { hostId, system: "Debian 12", awaitsUpgrade: undefined };
  expect(parseFacts(answer("debian12", "Debian 12"), "debian12")).toEqual(facts);
});

test("a host that is going to be upgraded may be looked at", () => {
  expect(parseFacts(answer("debian12", "Debian 12"), "debian13").awaitsUpgrade).toBe(
    "the host (mailhost:target) runs Debian 12, but mailhost:release says debian13: nothing is changed before the host is upgraded, see docs/upgrade-debian.md",
  );
});

test.each([
  ["debian11", "Debian 11", "runs Debian 11, which is none of debian13, debian12"],
  ["ubuntu24", "Ubuntu 24.04", "runs Ubuntu 24.04, which is none of debian13, debian12"],
  // testing has no number.
  ["debian", "Debian GNU/Linux forky/sid", "runs Debian GNU/Linux forky/sid, which is none of debian13, debian12"],
  [
    "debian13",
    "Debian 13",
    'runs Debian 13, but mailhost:release says debian12. Set mailhost:release to debian13 and deploy: where the host was upgraded, its daemons do not run by the configuration of debian12 (Dovecot: "The first setting must be dovecot_config_version")',
  ],
])("a host of the release %s is refused", (release, system, mistake) => {
  expect(() => parseFacts(answer(release, system), "debian12")).toThrow(`the host (mailhost:target) ${mistake}`);
});
