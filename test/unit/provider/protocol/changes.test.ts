import { expect, test } from "vitest";
import { compareProperties } from "../../../../provider/protocol/changes.ts";

test.each([
  ["nothing", { files: { a: "1" } }, { files: { a: "1" } }, []],
  ["an entry that differs", { files: { "/a": "1" } }, { files: { "/a": "2" } }, [['files["/a"]', "update"]]],
  ["an entry that is missing", { files: {} }, { files: { a: "1" } }, [["files.a", "add"]]],
  ["an entry that is too many", { files: { a: "1" } }, { files: {} }, [["files.a", "delete"]]],
  ["a list, as one value", { listen: ["1", "2"] }, { listen: ["1"] }, [["listen", "update"]]],
  ["outputs, which nobody wants", { uid: 1, name: "x" }, { name: "x" }, []],
  ["inputs that are left to the host", { uid: 1 }, { uid: undefined }, []],
])("%s", (_what, observed, wanted, changes) => {
  expect(compareProperties(observed, wanted).map(({ path, kind }) => [path, kind])).toEqual(changes);
});
