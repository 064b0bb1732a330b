import { isDistribution } from '../domain/distributions/names.ts';
import type { Certificate, Owner } from '../domain/model/certificate.ts';
import type { Finding, ObservedCertificate } from '../domain/model/inventory.ts';
import type { Unreadable } from './file-content.ts';

/** Something on the node that should hold certificates, and what is known of it before it is read. */
export type Source = {
  /** Id of its first certificate; further ones get suffixes. */
  id: string;
  /** The node's own path. */
  path: string;
  /** `any`: recognised by the content, for paths that an operator named. */
  format: 'pem' | 'dynamic-cert' | 'kubeconfig' | 'any';
  owner: Owner;
  /** Where the leaf's private key is; `expected` false: its absence is not reported. Of PEM files only. */
  key: { path: string; expected: boolean } | null;
  /** Id of the CA that must have signed the leaf; null: found by the issuer's name. */
  ca: string | null;
  component: ObservedCertificate['component'];
  /** `optional`: its absence is normal; `keys-too`: found by a pattern, so a file of keys alone is not reported either. */
  presence: 'required' | 'optional' | 'keys-too';
};

/** A certificate as read, before its issuer was looked for. `der` is the certificate itself. */
export type ReadCertificate = Omit<ObservedCertificate, 'issuance'> & { der: Buffer; ca: string | null };

export type SourceRead = {
  source: Source;
  certificates: ReadCertificate[];
  finding: Finding | null;
  /** Files that a kubeconfig refers to. */
  references: Source[];
  /** False: a program may be writing it just now; it is worth reading again. */
  settled: boolean;
  /** Bytes of the file and of its key. */
  size: number;
};

/** What was read from a file of any format. `problem`: what is wrong in addition to the certificates that could be read. */
export type Parts = {
  certificates: ReadCertificate[];
  problem: Unreadable | null;
  references?: Source[];
  keySize?: number;
};

export function source(given: Pick<Source, 'id' | 'path' | 'format' | 'owner'> & Partial<Source>): Source {
  return { key: null, ca: null, component: null, presence: 'required', ...given };
}

/** CA certificates inside the cluster's own files are the cluster's, which no tool renews. */
export function ownerOf({ owner }: Source, certificate: Certificate): Owner {
  const isOfCluster = isDistribution(owner) || owner === 'external-ca';
  return isOfCluster && certificate.isCa ? 'cluster-ca' : owner;
}
