/** The root folder of this repository. */
export const checkoutFolder: string;

/** What belongs to this checkout alone and git ignores: state, passphrase, plugins, throw-away hosts. */
export const localFolder: string;

/** What all checkouts of this user share and can be made anew: Node, the engine, compiled sources. */
export function cacheFolder(): string;
