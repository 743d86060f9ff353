import { formatPath } from "../../shared/propertyPath.ts";

/** Where the configuration sets a property of the mailbox of an address, for messages. */
export function mailboxKey(address: string, property: string): string {
  const [localPart = "", domain = ""] = address.split("@");
  return `mailhost:${formatPath(["domains", domain, "mailboxes", localPart, property])}`;
}
