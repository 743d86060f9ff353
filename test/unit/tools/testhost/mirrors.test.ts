import { expect, test } from "vitest";
import { findAcquireSettings, findMirrors } from "../../../../tools/testhost/mirrors.ts";

const debian = { archive: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security" };
const near = { archive: "http://mirror.example/debian", security: "http://mirror.example/security" };

const deb822 = `Types: deb
# a comment between fields
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
`;

const oneLine = `# deb http://old.example/debian bookworm main
deb-src http://sources.example/debian bookworm main
deb [arch=amd64 signed-by=/key.gpg] http://mirror.example/debian bookworm main # near
deb http://mirror.example/security/ bookworm-security main
`;

const foreign = "deb https://packages.example/apt bookworm-tools main\ndeb https://node.example/node nodistro main\n";

test.each([
  { title: "in deb822 sources", sources: [foreign, deb822], found: near },
  { title: "in one-line sources", sources: [foreign, oneLine], found: near },
  { title: "nowhere when only other software has a source", sources: [foreign], found: debian },
  {
    title: "nowhere in a source that is switched off",
    sources: [deb822.replaceAll("Types", "Enabled: no\nTypes")],
    found: debian,
  },
  { title: "nowhere on a disc", sources: ["deb cdrom:[Debian]/ bookworm main"], found: debian },
])("finds this machine's mirrors $title", ({ sources, found }) => {
  expect(findMirrors(sources, "bookworm")).toEqual(found);
});

test("takes Debian's own mirrors on a machine that runs another system", () => {
  expect(findMirrors([oneLine], undefined)).toEqual(debian);
});

test("takes over a proxy and switched off checks, and no other apt setting", () => {
  const dump = `APT::Architecture "amd64";
Acquire "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::Proxy "";
Acquire::Check-Valid-Until "false";
Acquire::Languages:: "none";
`;
  expect(findAcquireSettings(dump)).toEqual([
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::Check-Valid-Until "false";',
  ]);
});
