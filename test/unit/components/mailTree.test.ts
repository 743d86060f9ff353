import { expect, test } from "vitest";
import { mailDirectories } from "../../../components/mailTree.ts";
import { sampleModel } from "./sample.ts";

test("makes every public folder with the directories that Maildir needs, and those above it without", () => {
  const directories = mailDirectories(sampleModel({ publicFolders: { folders: ["Team/Docs", "News"] } }));
  const ofFolders = Object.entries(directories).filter(([path]) => path.startsWith("/var/vmail/public"));
  expect(ofFolders.map(([path]) => path.slice("/var/vmail/".length))).toEqual([
    "public",
    "public/News",
    "public/News/cur",
    "public/News/new",
    "public/News/tmp",
    "public/Team",
    "public/Team/Docs",
    "public/Team/Docs/cur",
    "public/Team/Docs/new",
    "public/Team/Docs/tmp",
  ]);
  expect(new Set(ofFolders.map(([, attributes]) => attributes))).toEqual(new Set(["vmail:vmail 2700"]));
});
