/** Waits for the end of a lab's owner and then removes the lab: see keeper.ts. */
import { text } from "node:stream/consumers";
import { dismissal } from "./keeper.ts";
import { removeLab } from "./labRemoval.ts";

const id = process.argv[2];
if (id === undefined) throw new Error("usage: node keeperProcess.ts LAB");
const said = await text(process.stdin);
if (said !== dismissal) await removeLab(id);
