import { srsPorts } from "../../paths.ts";
import { publicFile } from "../configFile.ts";
import type { Daemon } from "../daemon.ts";
import { postsrsdDefaultsPath, renderPostsrsdDefaults } from "./postsrsdDefaults.ts";

export const postsrsd = {
  name: "postsrsd",
  packages: { debian13: ["postsrsd"], debian12: ["postsrsd"] },
  unit: { debian13: "postsrsd.service", debian12: "postsrsd.service" },
  after: [],
  isShared: false,
  isUsed: ({ postfix }) => postfix.srs,
  files: (host) => [publicFile(postsrsdDefaultsPath, renderPostsrsdDefaults(host))],
  concernedBy: [postsrsdDefaultsPath],
  listeners: () => ({ listen: Object.values(srsPorts).map((port) => `127.0.0.1:${port}`) }),
  listenerKeys: { addresses: "mailhost:postfix.srs to false" },
  processes: ["postsrsd"],
  hooks: new URL("postsrsd.sh", import.meta.url),
} as const satisfies Daemon;
