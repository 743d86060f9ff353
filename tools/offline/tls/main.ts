import { serveStandIn } from "../serveStandIn.ts";
import { certRequest } from "./certRequest.ts";
import type { Nothing } from "./computedResource.ts";
import { locallySignedCert } from "./locallySignedCert.ts";
import { privateKey } from "./privateKey.ts";
import { selfSignedCert } from "./selfSignedCert.ts";

/** Stands in for the tls provider where its release archive cannot be downloaded; has the resources that we use. */
serveStandIn<Nothing>({
  name: "tls",
  does: "makes keys and certificates",
  open: () => ({}),
  close() {
    // Nothing is open.
  },
  resources: [privateKey, certRequest, selfSignedCert, locallySignedCert],
});
