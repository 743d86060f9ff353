import { readFileSync } from "node:fs";
import { acceptanceComplaints } from "./acceptanceCheck.ts";

/*
 * The acceptance check as a command: its subject comes as JSON on standard input, its complaints go to standard error.
 * It ends at once, without waiting for connections that a server holds open.
 */

const complaints = await acceptanceComplaints(JSON.parse(readFileSync(0, "utf8")));
if (complaints.length > 0) {
  process.stderr.write(
    `Acceptance check: the mail host was deployed, and nothing of it was undone, but seen from this machine:\n  ${complaints.join("\n  ")}\n`,
  );
  process.exit(1);
}
process.stdout.write("accepted\n");
