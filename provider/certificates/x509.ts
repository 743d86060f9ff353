import "reflect-metadata";

/** `@peculiar/x509`, loaded after what it needs; import it from here only. */
export * from "@peculiar/x509";
