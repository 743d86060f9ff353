import { networkInterfaces } from "node:os";

/** The address of this machine at which others find it too, or else the one at which it finds itself. */
export function ownAddress(interfaces = networkInterfaces()): string {
  const addresses = Object.values(interfaces).flatMap((addresses = []) => addresses);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
