import type { Distribution } from '../distributions/names.ts';

/** Milliseconds since the epoch. */
export type Instant = number;

/** What one X.509 certificate says. Plain data: comparing two is comparing fields. */
export type Certificate = {
  /** RFC 2253-like, most significant first as openssl prints it: "O=system:masters, CN=kubernetes-admin". */
  subject: string;
  issuer: string;
  commonName: string | null;
  organizations: string[];
  /** Upper-case hexadecimal without leading zeros trimmed by the encoder. */
  serial: string;
  /** SHA-256 of the DER, lower-case hexadecimal. */
  fingerprint: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal: shows whether a key belongs to it. */
  publicKey: string;
  /** "RSA 2048", "EC P-256", "Ed25519". */
  keyType: string;
  notBefore: Instant;
  notAfter: Instant;
  /** "DNS:kubernetes", "IP:10.96.0.1", sorted. */
  sans: string[];
  isCa: boolean;
  /** Extended key usages by name ("serverAuth", "clientAuth") or dotted number, sorted. */
  usages: string[];
};

/** Where a certificate lives. `path` is the node's own path, without the root prefix. */
export type Place =
  /** `index` counts the certificates of the file from 0; the first is the leaf. */
  | { kind: 'pem'; path: string; index: number }
  /** K3s's listener certificate, a Kubernetes secret as JSON. */
  | { kind: 'dynamic-cert'; path: string; index: number }
  | { kind: 'kubeconfig'; path: string; entry: 'user' | 'cluster'; name: string; index: number };

/** Who renews a certificate. `external-ca`: signed by a CA whose key is not on this node. */
export type Owner = Distribution | 'kubelet' | 'external-ca' | 'operator' | 'cluster-ca' | 'copy';

/** Milliseconds for which it was valid when it was signed. */
export function lifetime({ notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>): number {
  return notAfter - notBefore;
}

/** Sorted SANs of `old` that `renewed` does not cover. */
export function lostSans(old: Pick<Certificate, 'sans'>, renewed: Pick<Certificate, 'sans'>): string[] {
  return old.sans.filter((san) => !renewed.sans.includes(san));
}
