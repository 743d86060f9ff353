import type { TestHost } from "../testhost/host.ts";

/** Whose mailbox is measured; all mailboxes have the same password. */
export const user = {
  address: "alice@domain.tld",
  password: "correct horse",
  hash: "{SHA512-CRYPT}$6$bench$Aj4WRp07dS7hkzmvpM3SJMA5L9/o5oh8OFAKOhmktWZHrFwA2FfOeiQZzkNPODNp3TGTh1wmuh4YK8Yp6XYzH.",
};

/** `mailhost:target` of a throw-away host. */
export function targetOf({ address, hostKey, privateKeyFile }: TestHost) {
  return { address, hostKey, privateKeyFile };
}
