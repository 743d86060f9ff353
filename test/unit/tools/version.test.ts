import { describe, expect, it } from "vitest";
import { pinnedVersion, satisfies } from "../../../tools/engine/version.ts";

describe("the pinned version", () => {
  it("is a full version number", () => {
    expect(pinnedVersion()).toMatch(/^3\.\d+\.\d+$/);
  });
});

describe("an installed version", () => {
  it.each([
    ["v3.259.0", "3.259.0"],
    ["3.259.1\n", "3.259.0"],
    ["v3.300.0", "3.259.0"],
    ["1.26", "1.26"],
    ["1.26.8", "1.26"],
    ["1.27rc1", "1.26"],
    ["3.260.0-alpha.1+dirty", "3.259.0"],
    ["3.259.0-alpha.2", "3.259.0-alpha.1"],
  ])("%j satisfies %j", (version, wanted) => {
    expect(satisfies(version, wanted)).toBe(true);
  });

  it.each([
    ["v3.258.9", "3.259.0", "older"],
    ["3.25.10", "3.259.0", "older, though its digits sort later"],
    ["v4.0.0", "3.259.0", "another major version"],
    ["3.259.0-alpha.1", "3.259.0", "a pre-release"],
    ["1.9", "1.26", "older"],
    ["", "3.259.0", "no version"],
    ["devel", "1.26", "no version"],
  ])("%j does not satisfy %j: %s", (version, wanted) => {
    expect(satisfies(version, wanted)).toBe(false);
  });
});
