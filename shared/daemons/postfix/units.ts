import type { ByRelease } from "../../releases/release.ts";

/** The unit that starts, reloads and stops Postfix. */
export const unit: ByRelease<string> = { debian13: "postfix.service", debian12: "postfix.service" };

/** The unit that Postfix's processes are in: on Debian 12, postfix.service only stands for its instances. */
export const processUnit: ByRelease<string> = { debian13: "postfix.service", debian12: "postfix@-.service" };
