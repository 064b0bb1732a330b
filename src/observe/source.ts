import type { Certificate, Owner } from '../domain/model/certificate.ts';
import type { Finding, ObservedCertificate } from '../domain/model/inventory.ts';
import type { Unreadable } from './file-content.ts';

/** Something on the node that should hold certificates, and what is known of it before it is read. */
export type Source = {
  /** Id of its first certificate; further ones get suffixes. */
  id: string;
  /** The node's own path. */
  path: string;
  /** `any`: told by the content, for paths that an operator named. */
  format: 'pem' | 'dynamic-cert' | 'kubeconfig' | 'any';
  owner: Owner;
  /** Where the leaf's private key is; `expected` false: its absence is nothing to tell. Of PEM files only. */
  key: { path: string; expected: boolean } | null;
  /** Id of the CA that must have signed the leaf; null: found by the issuer's name. */
  ca: string | null;
  component: ObservedCertificate['component'];
  /** `optional`: not there is normal; `keys-too`: found by a pattern, so a file of keys alone is nothing to tell either. */
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
  /** False: it may just be being written, and is worth another look. */
  settled: boolean;
  /** Bytes of the file and of its key. */
  size: number;
};

/** What a file of any format comes to. `problem`: what is wrong beside the certificates that could be read. */
export type Parts = {
  certificates: ReadCertificate[];
  problem: Unreadable | null;
  references?: Source[];
  keySize?: number;
};

export function source(given: Pick<Source, 'id' | 'path' | 'format' | 'owner'> & Partial<Source>): Source {
  return { key: null, ca: null, component: null, presence: 'required', ...given };
}

/** CA certificates inside of a tool's files are the cluster's, which no tool renews. */
export function ownerOf(source: Source, certificate: Certificate): Owner {
  const tool = source.owner === 'kubeadm' || source.owner === 'k3s' || source.owner === 'rke2';
  return tool && certificate.isCa ? 'cluster-ca' : source.owner;
}
