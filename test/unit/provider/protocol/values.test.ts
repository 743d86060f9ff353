import { describe, expect, test } from "vitest";
import { containsUnknown, receive, send, UNKNOWN } from "../../../../provider/protocol/values.ts";

const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

describe("values on the wire", () => {
  test("a secret comes without its mark, and is remembered by its property", () => {
    const sent = send({ plain: "a", key: "b", files: { "/etc/x": "c" } }, ["key", "files"]);
    expect(sent.toJavaScript()).toEqual({ plain: "a", key: secret("b"), files: { "/etc/x": secret("c") } });
    const received = receive(sent);
    expect(received.properties).toEqual({ plain: "a", key: "b", files: { "/etc/x": "c" } });
    expect([...received.secrets].sort()).toEqual(["files", "key"]);
  });

  test("what is undefined is left out at every depth", () => {
    expect(send({ a: undefined, b: { c: undefined, d: [1] } }).toJavaScript()).toEqual({ b: { d: [1] } });
  });

  test("an unknown value is found at every depth", () => {
    expect(containsUnknown({ a: [{ b: UNKNOWN }] })).toBe(true);
    expect(containsUnknown({ a: [{ b: "known" }] })).toBe(false);
  });
});
