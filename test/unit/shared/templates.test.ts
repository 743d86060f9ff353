import { expect, test } from "vitest";
import { renderTemplate } from "../../../shared/templates.ts";

test("refuses a template whose values are not all there", () => {
  expect(() => renderTemplate("postfix/etc/postfix/local_aliases", {})).toThrow(/undefined variable: postmaster/);
});

test("escapes nothing", () => {
  expect(renderTemplate("postfix/etc/postfix/local_aliases", { postmaster: "<&'\">" })).toContain(
    "postmaster <&'\">\n",
  );
});
