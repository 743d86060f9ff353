import type { ResolvedMailHost } from "../../model/resolvedMailHost.ts";
import { srsPorts } from "../../paths.ts";
import { renderTemplate } from "../../templates.ts";

export const postsrsdDefaultsPath = "/etc/default/postsrsd";

/** The settings of postsrsd, see postsrsd(8). */
export function renderPostsrsdDefaults({ hostname, domains }: ResolvedMailHost): string {
  return renderTemplate(`postsrsd${postsrsdDefaultsPath}`, {
    hostname,
    domains: domains.map(({ name }) => name),
    srsPorts,
  });
}
