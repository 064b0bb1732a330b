import { leadsTo } from '../host/chain.ts';
import { certificateTexts } from '../host/pem.ts';
import type { CopyContent, SeenCertificate } from './messages.ts';
import { certificateBlocks, certificateOf, decodeData, holdsKey } from './proof.ts';

// Runs in the helper only: these bytes are the user's, and so is the time that parsing them takes.

/** No kubeconfig that a person reads has more users than this; the rest is not shown. */
const MOST = 50;

/**
 * The users' certificates of a copy that one of the `clientCas` (PEM) signed: others are nobody's business here, and what
 * anybody can make up is not worth reporting. Never a key. `beside` reads a file that the copy names; null: it cannot.
 */
export function seenCertificates(
  { users }: CopyContent,
  clientCas: string[],
  beside: (path: string) => string | null,
): SeenCertificate[] {
  return users.slice(0, MOST).flatMap(({ name, certificate, key, certificateFile }): SeenCertificate[] => {
    if (certificate === null && certificateFile !== null)
      return signed(name, certificateTexts(beside(certificateFile) ?? ''), clientCas, 'missing', 'file');
    const chain = certificateBlocks(certificate ?? '');
    const [pem] = chain;
    const data = key === null ? null : decodeData(key);
    const state = data === null ? 'missing' : pem !== undefined && holdsKey(pem, data) ? 'matches' : 'differs';
    return signed(name, chain, clientCas, state, 'embedded');
  });
}

/** Base64 of "-----BEGIN CERTIFICATE-----", and what follows it, in one line or in several. */
const ENCODED = /LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t[A-Za-z0-9+/\s]*/g;

/** As `seenCertificates`, in a text that cannot be parsed: kubectl may be less strict, and its user relies on the copy. */
export function certificatesInText(text: string, clientCas: string[]): SeenCertificate[] {
  return (text.match(ENCODED) ?? []).slice(0, MOST).flatMap((found) => {
    const chain = certificateTexts(
      Buffer.from(found.slice(0, LONGEST).replace(/\s/g, ''), 'base64').toString('latin1'),
    );
    return signed('', chain, clientCas, 'missing', 'text');
  });
}

/** Of one certificate, encoded. */
const LONGEST = 64 * 1024;

function signed(
  user: string,
  chain: string[],
  clientCas: string[],
  key: SeenCertificate['key'],
  from: SeenCertificate['from'],
): SeenCertificate[] {
  const certificate = certificateOf(chain[0]);
  const ca = certificateOf(clientCas.find((each) => leadsTo(chain, each)));
  return certificate === null || ca === null ? [] : [{ user, certificate, key, caNotAfter: ca.notAfter, from }];
}
