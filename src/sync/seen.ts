import { isSignedBy } from '../host/x509.ts';
import type { CopyContent, SeenCertificate } from './messages.ts';
import { certificateBlocks, certificateOf, decodeData, holdsKey } from './proof.ts';

// Runs in the helper only: these bytes are the user's, and so is the time that parsing them takes.

/** More users than this has no kubeconfig that a person reads; the rest is not shown. */
const MOST = 50;

/**
 * The users' certificates of a copy that one of the `clientCas` (PEM) signed: others are nobody's business here, and what
 * anybody can make up is not worth telling. Never a key.
 */
export function seenCertificates({ users }: CopyContent, clientCas: string[]): SeenCertificate[] {
  return users.slice(0, MOST).flatMap((user): SeenCertificate[] => {
    const pem = certificateBlocks(user.certificate ?? '')[0];
    const certificate = certificateOf(pem);
    const ca = certificateOf(clientCas.find((each) => pem !== undefined && isSignedBy(pem, each)));
    if (pem === undefined || certificate === null || ca === null) return [];
    const key = user.key === null ? null : decodeData(user.key);
    const state = key === null ? 'missing' : holdsKey(pem, key) ? 'matches' : 'differs';
    return [{ user: user.name, certificate, key: state, caNotAfter: ca.notAfter }];
  });
}
