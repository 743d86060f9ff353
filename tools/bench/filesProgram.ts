import * as pulumi from "@pulumi/pulumi";
import { ConfigSet, Provider, type TargetArgs } from "../../resources/index.ts";

/*
 * As a program: `count` configuration files that concern no daemon, all with the text `text`, on the host `target`.
 */
const config = new pulumi.Config("mailhost");
const text = config.require("text");
const paths = Array.from({ length: config.requireNumber("count") }, (_, index) => `/etc/mailhost-bench/${index}`);
const provider = new Provider("target", { ...config.requireObject<TargetArgs>("target"), release: "debian13" });

new ConfigSet(
  "files",
  {
    files: Object.fromEntries(paths.map((path) => [path, text])),
    attributes: Object.fromEntries(paths.map((path) => [path, "root:root 0644"])),
    secretFiles: {},
    fingerprints: {},
    steps: {},
  },
  { provider },
);
