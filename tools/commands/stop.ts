import { removeDemoHost } from "../demo/demoHost.ts";
import { removeDemoStack } from "../demo/demoStack.ts";
import { step } from "../demo/steps.ts";
import { prepareEngine } from "../engine/prepareEngine.ts";
import { runCommand } from "../failure.ts";

/** `npm stop`: removes the throw-away host and its stack. */
await runCommand(async () => {
  await step("Removing the throw-away host", removeDemoHost);
  await step("Removing its stack", async () => removeDemoStack(await prepareEngine()));
});
