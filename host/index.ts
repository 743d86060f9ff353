export * from "./account.ts";
export * from "./configSet.ts";
export * from "./directoryTree.ts";
export * from "./fingerprint.ts";
export * from "./packages.ts";
export * from "./provider.ts";
export * from "./service.ts";
export * from "./virtualTables.ts";
