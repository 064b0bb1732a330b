import type { Instant } from './certificate.ts';

/** A user's certificate as the configuration has it: nothing of it is taken from a file that its user can write. */
export type UserSpec = {
  /** The node's own path. */
  kubeconfig: string;
  /** Name of the user to Kubernetes: the certificate's CN. */
  user: string;
  /** The certificate's O. */
  groups: string[];
  /** Milliseconds for which it is asked for. */
  expires: number;
  /** Whether certagent approves its own request. */
  approve: boolean;
};

/** Which certificate of a file certagent has seen in use. */
export type KnownUserCertificate = { fingerprint: string; notAfter: Instant };

/** A request in the cluster, with its key, until the answer is in the file. The private key is never shown. */
export type UserRequest = UserSpec & {
  /** Of the CertificateSigningRequest: it follows from the key, so that one key has one request. */
  name: string;
  createdAt: Instant;
  /** SHA-256 of the SubjectPublicKeyInfo. */
  publicKey: string;
  /** PEM. */
  key: string;
  csr: string;
  /** Of the certificate that it is to replace; null: it is the first. */
  replaces: string | null;
  /** Since when it is in the cluster; null: the API has not taken it yet. */
  postedAt: Instant | null;
  /** Whether somebody has approved it, as of the last answer. */
  approved: boolean;
  /** PEM of the signed certificate, verified and accepted by the API: it is being written. */
  certificate: string | null;
};

/** What root remembers of one user's certificate. */
export type UserMemory = {
  kubeconfig: string;
  user: string;
  known: KnownUserCertificate | null;
  /** The file was removed: an older certificate that comes back is not renewed. */
  gone: boolean;
  request: UserRequest | null;
  /** Since the last certificate that was written. `at`: of the last failure. */
  failures: number;
  failedAt: Instant | null;
  error: string | null;
  /** Why a person has denied the request for the successor of `known`; certagent does not ask again. */
  denied: string | null;
};

/** What certagent does next with a user's certificate. */
export type UserNext =
  /** Its renewal window opens then. */
  | { is: 'valid'; until: Instant }
  /** It is due, and requested then. */
  | { is: 'due'; until: Instant; why: string }
  | { is: 'waiting'; name: string; since: Instant; approved: boolean }
  /** Tried again at `until`. */
  | { is: 'failed'; until: Instant; why: string }
  /** Until a person acts. */
  | { is: 'stopped'; why: string; remedy: string };

/** What is known of a user's certificate, for people. */
export type UserCertificate = {
  user: string;
  groups: string[];
  /** When the one in the file expires; null: there is none that certagent renews. */
  notAfter: Instant | null;
  next: UserNext;
};
