import { expect, test } from "vitest";
import { renderDovecotConf } from "../../../../../shared/daemons/dovecot/dovecotConf.ts";
import { ownSettings24 } from "../../../../../shared/daemons/dovecot/ownSettings24.ts";
import type { SettingsBlock } from "../../../../../shared/releases/dovecotDialect.ts";
import { sampleModel } from "../../../components/sample.ts";

const everyListener = { listenAddresses: ["192.0.2.1"], imaps: true };

test.each(["syslog", "files"] as const)("are those of dovecot.conf that logs to %s", (method) => {
  const host = sampleModel({ dovecot: everyListener, logging: { method } });
  const lines = renderDovecotConf(host)
    .split("\n")
    .map((line) => line.trim());
  expect(ownSettings24(method, host.mail.defaultFolders)).toEqual(readBlock(lines[Symbol.iterator]()));
});

test("have each setting of a file with less in it", () => {
  const host = sampleModel();
  const whole = new Set(pathsOf(ownSettings24("syslog", host.mail.defaultFolders)));
  const lines = renderDovecotConf(host).split("\n");
  expect([
    ...new Set(pathsOf(readBlock(lines.map((line) => line.trim())[Symbol.iterator]()))).difference(whole),
  ]).toEqual([]);
});

/** What there is in the file, which has each name and each brace at an end of a line of its own. */
function readBlock(lines: Iterator<string>): SettingsBlock {
  const settings = new Set<string>();
  const sections = new Map<string, SettingsBlock>();
  for (let { value, done } = lines.next(); !done && value !== "}"; { value, done } = lines.next()) {
    const line: string = value;
    const section = /^([^#]*) \{$/.exec(line)?.[1];
    const setting = /^(\w+) =/.exec(line)?.[1];
    if (section !== undefined) sections.set(section.replaceAll('"', ""), readBlock(lines));
    else if (setting !== undefined) settings.add(setting);
  }
  return { settings, sections };
}

function pathsOf({ settings, sections }: SettingsBlock): string[] {
  return [
    ...settings,
    ...[...sections].flatMap(([name, block]) => [name, ...pathsOf(block).map((path) => `${name}/${path}`)]),
  ];
}
