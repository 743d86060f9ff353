/** Ports of the mail host, by IANA service name. */
export const ports = { smtp: 25, submission: 587, submissions: 465, imap: 143, imaps: 993 } as const;

/** Something of every service that is on. */
export type PerService<Value> = Record<"imap" | "submission" | "smtp", Value> &
  Partial<Record<"imaps" | "submissions", Value>>;

/** Where a service is met. */
export interface ServiceListener {
  /** The first address that its daemon listens on; absent where that is every address of the host. */
  readonly address?: string;
  readonly port: number;
}

/** Who a server must prove to be. */
export interface ServiceIdentity {
  /** The name in its certificate. */
  hostname: string;
  /** PEM text of the authority that must have signed it. */
  certificateAuthority?: string | undefined;
  /**
   * What the function of that name tells of the certificate that it must be, and of those above it; its authority need not
   * be known then.
   *
   * With neither, it must be of an authority that Node trusts.
   */
  certificateFingerprint?: string | undefined;
}

/** What the acceptance check needs: where the services are and the identity that they must prove. */
export interface AcceptanceSubject extends ServiceIdentity {
  endpoints: Partial<PerService<ServiceAddress>>;
}

/** Where a service is; without an address, on the machine that the check runs on. */
export interface ServiceAddress {
  address?: string | undefined;
  port: number;
}
