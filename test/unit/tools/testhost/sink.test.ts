import { expect, test } from "vitest";
import { findHeader } from "../../../../tools/testhost/sink.ts";

const message = "Received: one\r\nSubject: a long\r\n\tsubject\r\nreceived: two\r\n\r\nTo: not a header\r\n";

test.each([
  { title: "joins a folded header", name: "Subject", value: "a long subject" },
  { title: "ignores case and takes the first of several", name: "RECEIVED", value: "one" },
  { title: "does not look into the body", name: "To", value: undefined },
])("$title", ({ name, value }) => {
  expect(findHeader(message, name)).toBe(value);
});
