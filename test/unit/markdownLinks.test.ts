import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { checkoutFolder } from "../../tools/launch/paths.mjs";
import { slug } from "../../tools/reference/slug.ts";

const pages = globSync("**/*.md", { cwd: checkoutFolder, exclude: ["**/node_modules", "**/.local"] });

/** The text of a page without what stands in blocks of code. */
function prose(page: string): string {
  return readFileSync(page, "utf8").replaceAll(/^```.*?^```/gms, "");
}

/** The anchors of a page; a heading that is there twice has a number behind its second. */
function anchors(page: string): readonly string[] {
  const slugs = [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slug(heading));
  return slugs.map((name, index) => {
    const before = slugs.slice(0, index).filter((other) => other === name).length;
    return before === 0 ? name : `${name}-${before}`;
  });
}

test.each(pages)("every link of %s leads somewhere", (page) => {
  const file = join(checkoutFolder, page);
  const links = [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : resolve(dirname(file), path);
      const isInside = !relative(checkoutFolder, target).startsWith("..");
      return !isInside || !existsSync(target) || (anchor !== undefined && !anchors(target).includes(anchor));
    });
  expect(broken).toEqual([]);
});
