import type { Certificate, Instant } from './certificate.ts';

/**
 * A request for a certificate that waits for the answer of a CA elsewhere: what the previous certificate holds, and a new key. The
 * private key is kept beside it and is in no data of certagent.
 */
export type SigningRequest = Pick<
  Certificate,
  'subject' | 'commonName' | 'organizations' | 'sans' | 'usages' | 'keyType' | 'publicKey'
> & {
  /** Of the certificate that it is to replace. */
  id: string;
  createdAt: Instant;
};

/** What one certificate of an answer is, for the rules. */
export type AnswerCertificate = {
  /** The file that holds it, as the person named it. */
  file: string;
  certificate: Certificate;
  /** PEM of this one certificate. */
  pem: string;
  /** Files of the CAs on this node that have signed it, themselves or through intermediate CAs. */
  signers: string[];
  /** The intermediate CAs between it and the first of these, in order. */
  chain: { certificate: Pick<Certificate, 'subject' | 'notBefore' | 'notAfter'>; pem: string }[];
  /** Why Kubernetes' programs refuse it, in words that follow "the certificate"; null: they take it. */
  flaw: string | null;
};

/** A file, or a certificate in one, that is not installed. */
export type RefusedAnswer = { file: string; why: string };

/** What became of the calls of external_ca.command since the last that succeeded. `at`: of the last; null: there was none. */
export type SigningMemory = { failures: number; at: Instant | null; error: string | null };
