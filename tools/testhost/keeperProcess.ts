/** Waits for the end of a lab's owner and then removes the lab: see keeper.ts. */
import { text } from "node:stream/consumers";
import { dismissal } from "./keeper.ts";
import { removeLab } from "./labRemoval.ts";

const [, , id, instance] = process.argv;
if (id === undefined || instance === undefined) throw new Error("usage: node keeperProcess.ts LAB INSTANCE");
const said = await text(process.stdin);
// Another lab of this name may have been made in the meantime.
if (said !== dismissal) await removeLab(id, (record) => record?.instance === instance);
