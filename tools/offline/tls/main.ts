import { z } from "zod";
import { serveProvider } from "../../../provider/protocol/server.ts";
import { pinnedPluginVersion } from "../pluginVersion.ts";
import { certRequest } from "./certRequest.ts";
import type { Nothing } from "./computedResource.ts";
import { locallySignedCert } from "./locallySignedCert.ts";
import { privateKey } from "./privateKey.ts";
import { selfSignedCert } from "./selfSignedCert.ts";

const version = pinnedPluginVersion("tls");

/** Stands in for the tls provider where its release archive cannot be downloaded; has the resources that we use. */
serveProvider<Nothing>({
  name: "tls",
  version,
  description: "Stand-in for the tls provider: keys and certificates, computed here.",
  configuration: z.strictObject({}),
  configure(_, log) {
    log.write(
      "info",
      "the official tls plugin cannot be downloaded here: a stand-in of mailhost makes keys and certificates",
    );
    return {};
  },
  close() {
    // Nothing is open.
  },
  resources: [privateKey, certRequest, selfSignedCert, locallySignedCert],
});
