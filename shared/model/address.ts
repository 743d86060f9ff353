/** The address that `member` stands for in `domain`: a local part is one of the domain's own. */
export function completeAddress(member: string, domain: string): string {
  return member.includes("@") ? member : `${member}@${domain}`;
}

/** Domains whose mail is for the host's own users: `mydestination` of main.cf. */
export function localDomains(hostname: string): string[] {
  return [hostname, hostname.replace(/^[^.]+/, "localhost")];
}

/** Local part and domain of an address. */
export function splitAddress(address: string): { localPart: string; domain: string } {
  const at = address.lastIndexOf("@");
  return { localPart: address.slice(0, at), domain: address.slice(at + 1) };
}
