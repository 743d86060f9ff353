import { standInProvider } from "../standInProvider.ts";
import { certRequest } from "./certRequest.ts";
import type { Nothing } from "./computedResource.ts";
import { locallySignedCert } from "./locallySignedCert.ts";
import { privateKey } from "./privateKey.ts";
import { selfSignedCert } from "./selfSignedCert.ts";

export const tlsStandIn = standInProvider<Nothing>({
  name: "tls",
  does: "makes keys and certificates",
  configure: () => ({}),
  close() {
    // Nothing is open.
  },
  resources: [privateKey, certRequest, selfSignedCert, locallySignedCert],
});
