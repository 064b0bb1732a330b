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
  /** Files of the CAs on this node that have signed it. */
  signers: string[];
};

/** A file, or a certificate in one, that is not installed. */
export type RefusedAnswer = { file: string; why: string };
