import { describe, expect, test } from "vitest";
import { planUsers } from "../../../../provider/mail/userPlan.ts";

const line = (user: string, password = "!x") => `${user}@d.tld:${password}:5000:5000::/var/vmail/d.tld/${user}\n`;
const users = (text: string | undefined) => ({ users: text === undefined ? {} : { "d.tld": text }, hashes: new Map() });

describe("users around a change of the tables", () => {
  test("who comes is there before the tables name him", () => {
    const plan = planUsers(users(line("a")), users(line("a") + line("b")));
    expect(plan).toEqual({ opened: [["d.tld", line("a") + line("b")]], closed: [], dropped: [], lockedOut: [] });
  });

  test("who goes stays until the tables have forgotten him, and his sessions end", () => {
    const plan = planUsers(users(line("a") + line("b")), users(line("a")));
    expect(plan).toEqual({ opened: [], closed: [["d.tld", line("a")]], dropped: [], lockedOut: ["b@d.tld"] });
  });

  test("both at once: everybody in between", () => {
    const plan = planUsers(users(line("a")), users(line("b")));
    expect(plan.opened).toEqual([["d.tld", line("a") + line("b")]]);
    expect(plan.closed).toEqual([["d.tld", line("b")]]);
  });

  test("the sessions of who is disabled end", () => {
    expect(planUsers(users(line("a")), users(line("a", "!"))).lockedOut).toEqual(["a@d.tld"]);
  });

  test("a domain that is dropped goes after the tables, and its sessions end", () => {
    const plan = planUsers(users(line("a")), users(undefined));
    expect(plan).toMatchObject({ dropped: ["d.tld"], lockedOut: ["a@d.tld"] });
  });

  test("a domain without users has its file all the same", () => {
    expect(planUsers(users(undefined), users("")).opened).toEqual([["d.tld", ""]]);
  });
});
