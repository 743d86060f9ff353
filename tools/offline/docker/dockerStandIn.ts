import { z } from "zod";
import type { Properties } from "../../../provider/protocol/values.ts";
import { standInProvider } from "../standInProvider.ts";
import { container } from "./container.ts";
import { Engine } from "./engine.ts";
import { network } from "./network.ts";
import { remoteImage } from "./remoteImage.ts";
import { volume } from "./volume.ts";

const configuration = z.strictObject({
  host: z.string().optional().describe("The engine: unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST:PORT."),
  sshOpts: z.array(z.string()).optional().describe("Options of ssh(1) for an engine behind it."),
});

export const dockerStandIn = standInProvider<Engine>({
  name: "docker",
  does: "makes images, networks, volumes and containers",
  configuration,
  configure: (given: Properties) => new Engine(configuration.parse(given)),
  close: (engine) => engine.close(),
  resources: [remoteImage, network, volume, container],
});
