import { expect, it } from "vitest";
import { Engine } from "../../../../../tools/offline/docker/engine.ts";

it.each(["docker.example", "http://docker.example", "npipe:////./pipe/docker"])(
  "%s is no address of an engine",
  async (host) => {
    await expect(new Engine({ host }).client()).rejects.toThrow(/^host: must be unix:\/\/.* ssh:\/\/.*but is/);
  },
);

it("an engine that is not there is named with the reason", async () => {
  const engine = new Engine({ host: "unix:///nowhere/docker.sock" });
  await expect(engine.client()).rejects.toThrow(
    /^failed to connect to any docker daemon: unix:\/\/\/nowhere\/docker\.sock: .*ENOENT/,
  );
});

it("without an address Docker's own variable counts", async () => {
  process.env.DOCKER_HOST = "unix:///elsewhere/docker.sock";
  try {
    await expect(new Engine({}).client()).rejects.toThrow("unix:///elsewhere/docker.sock");
  } finally {
    delete process.env.DOCKER_HOST;
  }
});

it("an engine behind ssh is not dialled for what is not there yet", async () => {
  await new Engine({ host: "ssh://nobody@nowhere.invalid" }).requireNearby();
  await expect(new Engine({ host: "unix:///nowhere/docker.sock" }).requireNearby()).rejects.toThrow(
    "failed to connect",
  );
});
