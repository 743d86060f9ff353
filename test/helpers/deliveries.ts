import type { TestHost } from "../../tools/testhost/host.ts";
import { waitUntil } from "../../tools/testhost/waiting.ts";

/**
 * The addresses that a message was delivered to in the end, sorted: all of them, because it waits until Postfix is done
 * with the message.
 *
 * @param reply What Postfix said when it took the message
 */
export async function receiversOf(host: TestHost, reply: string): Promise<string[]> {
  const [, id] = /^250 .* queued as (\w+)$/.exec(reply) ?? [];
  if (id === undefined) throw new Error(`the message was not taken: ${JSON.stringify(reply)}`);
  const log = async (): Promise<string | undefined> => {
    const { stdout } = await host.run(`journalctl --quiet --no-pager --output=cat | grep -F '${id}: '`);
    return stdout.includes(`${id}: removed`) ? stdout : undefined;
  };
  const lines = await waitUntil(log, { what: `the delivery of ${id}`, timeoutMs: 60_000 });
  return [...lines.matchAll(/: to=<([^>]*)>.* status=sent /g)].map(([, address = ""]) => address).sort();
}
