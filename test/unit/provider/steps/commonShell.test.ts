import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { COMMON_SHELL } from "../../../../provider/steps/daemon.ts";

/** `listens SOCKET PROCESS` as it runs on the host, with ss(8) saying what `sockets` says. */
function listens(socket: string, sockets: string): boolean {
  const script = `${COMMON_SHELL}\nss() { printf '%s\\n' '${sockets}'; }\nlistens '${socket}' master && echo yes || echo no`;
  return (
    execFileSync("sh", ["-s"], { input: script, encoding: "utf8", stdio: ["pipe", "pipe", "inherit"] }) === "yes\n"
  );
}

const shown = (local: string, process = "master") =>
  `LISTEN 0 100 ${local} 0.0.0.0:* users:(("${process}",pid=1,fd=6))`;

test.each([
  ["*:25", shown("0.0.0.0:25"), true],
  ["*:25", shown("[::]:25"), true],
  ["*:25", shown("0.0.0.0:2525"), false],
  ["*:25", shown("127.0.0.1:25"), false],
  ["*:25", shown("0.0.0.0:25", "exim4"), false],
  ["192.0.2.1:25", shown("192.0.2.1:25"), true],
  ["192.0.2.1:25", shown("192x0x2x1:25"), false],
  ["[2001:db8::1]:25", shown("[2001:db8::1]:25"), true],
  ["[2001:db8::1]:25", shown("2"), false],
])("whether %s is served by %s: %s", (socket, sockets, served) => {
  expect(listens(socket, sockets)).toBe(served);
});
