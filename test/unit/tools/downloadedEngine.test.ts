import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { downloadEngine, findDownloadedEngine } from "../../../tools/engine/downloadedEngine.ts";
import { pinnedVersion } from "../../../tools/engine/version.ts";
import { useTemporaryFolder } from "../../helpers/temporaryFolder.ts";

const cache = useTemporaryFolder();
/** What was told on stderr. */
let told: string;
let server: Server | undefined;
/** Paths that the release host was asked for. */
let asked: string[];

beforeEach(() => {
  vi.stubEnv("MAILHOST_CACHE", cache());
  told = "";
  asked = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told += text;
    return true;
  });
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A release host that answers so. */
async function releaseHost(answer: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const willing: RequestListener = (_, response) => response.end();

async function install(root: string): Promise<void> {
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin", "pulumi"), "");
}

function engines(): string[] {
  return readdirSync(join(cache(), "engine")).sort();
}

describe("a release that can be reached", () => {
  it("is downloaded and found from then on", async () => {
    expect(findDownloadedEngine()).toBeUndefined();
    const root = await downloadEngine({ host: await releaseHost(willing), install });
    expect(asked).toEqual([`HEAD /releases/sdk/pulumi-v${pinnedVersion()}-${process.platform}-${process.arch}.tar.gz`]);
    expect(findDownloadedEngine()).toBe(root);
    expect(existsSync(join(String(root), "bin", "pulumi"))).toBe(true);
    expect(engines()).toEqual([`${pinnedVersion()}-release`]);
  });

  it("leaves nothing that looks like an engine when its download breaks off", async () => {
    const broken = async (root: string) => {
      await install(root);
      throw new Error("the connection was closed");
    };
    expect(await downloadEngine({ host: await releaseHost(willing), install: broken })).toBeUndefined();
    expect(told).toMatch(/cannot be downloaded: the connection was closed\n$/);
    expect(findDownloadedEngine()).toBeUndefined();
    expect(engines()).toEqual(["unreachable"]);
  });
});

describe("a release host that", () => {
  const cases: [title: string, answer: RequestListener, reason: RegExp][] = [
    ["refuses", (_, response) => response.writeHead(403).end(), /answers 403/],
    ["hangs up", (request) => request.destroy(), /other side closed|socket hang up|ECONNRESET/],
    ["never answers", () => {}, /timeout/],
  ];

  it.each(cases)("%s is given up within 3 seconds, with one line", async (_title, answer, reason) => {
    const begin = performance.now();
    expect(await downloadEngine({ host: await releaseHost(answer), install })).toBeUndefined();
    expect(performance.now() - begin).toBeLessThan(3000);
    expect(told).toMatch(reason);
    expect(told.match(/\n/g)).toHaveLength(1);
  });

  it("was not reached is not asked again for an hour", async () => {
    const host = await releaseHost((_, response) => response.writeHead(403).end());
    await downloadEngine({ host, install });
    told = "";
    expect(await downloadEngine({ host, install })).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(told).toBe("");
    const mark = join(cache(), "engine", "unreachable");
    const before = Date.now() / 1000 - 3601;
    utimesSync(mark, before, before);
    await downloadEngine({ host, install });
    expect(asked).toHaveLength(2);
  });
});
