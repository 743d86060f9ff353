import { expect, test } from "vitest";
import { parseRequest } from "../../../../tools/testhost/commandLine.ts";

test("takes a lab of a fixed name and any release by default", () => {
  expect(parseRequest(["up"])).toEqual({ command: "up", lab: "testhost", release: undefined, shellCommand: "" });
});

test("takes a name and a release", () => {
  const request = { command: "up", lab: "mine", release: "debian12", shellCommand: "" };
  expect(parseRequest(["up", "--release", "debian12", "--lab=mine"])).toEqual(request);
});

test("leaves options behind -- to the command in the host", () => {
  const { shellCommand } = parseRequest(["run", "--", "ls", "-l", "/etc"]);
  expect(shellCommand).toBe("ls -l /etc");
});

test.each([
  { title: "no command at all", args: [], message: "no command" },
  { title: "an unknown command", args: ["boot"], message: 'unknown command "boot"' },
  { title: "an unknown release", args: ["up", "--release", "debian11"], message: "debian13, debian12" },
  { title: "an unknown option", args: ["up", "--relase", "debian12"], message: "--relase" },
  { title: "run without anything to run", args: ["run"], message: "Usage" },
  { title: "words behind another command", args: ["down", "mine"], message: "Usage" },
])("rejects $title", ({ args, message }) => {
  expect(() => parseRequest(args)).toThrow(message);
});
