/** The most addresses that Postfix lets one address become, by `virtual_alias_expansion_limit`; else it defers the mail. */
export const expansionLimit = 1000;
