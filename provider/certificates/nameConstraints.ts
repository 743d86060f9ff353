import { AsnConvert } from "@peculiar/asn1-schema";
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from "@peculiar/asn1-x509";
import { Extension, type X509Certificate } from "./x509.ts";

/** Permits a certificate to sign others for these host names, and names below them, alone (RFC 5280, 4.2.1.10). */
export function permitNames(names: readonly string[]): Extension {
  const subtrees = names.map((dNSName) => new GeneralSubtree({ base: new GeneralName({ dNSName }) }));
  const constraints = new NameConstraints({ permittedSubtrees: new GeneralSubtrees(subtrees) });
  return new Extension(id_ce_nameConstraints, true, AsnConvert.serialize(constraints));
}

/** The host names that a certificate is permitted to sign others for; none where it says nothing of that. */
export function permittedNames(certificate: X509Certificate): string[] {
  const extension = certificate.getExtension(id_ce_nameConstraints);
  if (extension === null) return [];
  const { permittedSubtrees = [] } = AsnConvert.parse(extension.value, NameConstraints);
  return [...permittedSubtrees].flatMap(({ base }) => base.dNSName ?? []);
}
