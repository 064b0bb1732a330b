import type { Certificate, Instant } from '../../domain/model/certificate.ts';
import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import type { Expectation } from '../../domain/model/plan.ts';
import type {
  AuthorityOutcome,
  RehearsedAuthority,
  RehearsedCertificate,
  RehearsedFacts,
} from '../../domain/model/rehearsal.ts';
import { printable, short } from '../../domain/text/printable.ts';
import { HOUR } from '../../domain/time/duration.ts';
import { readSmall } from '../../host/files.ts';
import { readKey, readLeaf } from '../../host/leaf.ts';
import { followLinks } from '../../host/links.ts';
import { certificateTexts } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { isSignedBy, publicKeyOfPrivate } from '../../host/x509.ts';
import { checkRenewed } from '../verify/check-renewed.ts';

/** What came of a rehearsal's certificates and CAs; it began at `startedAt`. */
export async function judgeCopy(
  root: Root,
  copy: Root,
  { certificates, authorities }: { certificates: Expectation[]; authorities: RehearsedAuthority[] },
  startedAt: Instant,
): Promise<{ certificates: RehearsedCertificate[]; authorities: AuthorityOutcome[] }> {
  return {
    certificates: await judgeCertificates(root, copy, certificates),
    authorities: await judgeAuthorities(root, copy, authorities, certificates, startedAt),
  };
}

/** Each certificate in the copy against the one on the node, judged as after a real renewal. */
async function judgeCertificates(root: Root, copy: Root, expected: Expectation[]): Promise<RehearsedCertificate[]> {
  return Promise.all(
    expected.map(async (expect) => ({
      id: expect.id,
      path: expect.path,
      before: await factsOf(root, expect.path),
      after: await factsOf(copy, expect.path),
      problem: await checkRenewed(copy, expect).then(
        () => null,
        (error) => problemOf(error),
      ),
    })),
  );
}

function problemOf(error: unknown): { code: string; message: string } {
  return { code: errorCode(error), message: short(explain(error)) };
}

/**
 * Whether each CA is the one it was. Of a CA whose file was missing, a leaf that it had signed is the witness; without one, it is
 * restored when it is older than the rehearsal, which began at `startedAt`.
 */
async function judgeAuthorities(
  root: Root,
  copy: Root,
  authorities: RehearsedAuthority[],
  expected: Expectation[],
  startedAt: Instant,
): Promise<AuthorityOutcome[]> {
  return Promise.all(
    authorities.map(async (authority) => ({
      path: authority.path,
      state: await stateOf(root, copy, authority, expected, startedAt),
    })),
  );
}

async function stateOf(
  root: Root,
  copy: Root,
  { path, keyPath, fingerprint }: RehearsedAuthority,
  expected: Expectation[],
  startedAt: Instant,
): Promise<AuthorityOutcome['state']> {
  const now = await readLeaf(copy, path).catch(() => null);
  if (now === null) return 'missing';
  if (fingerprint !== null && now.certificate.fingerprint !== fingerprint) return 'replaced';
  const hadKey = await isKeyOf(root, keyPath, now.certificate);
  if (fingerprint !== null && hadKey) return 'unchanged';
  if (!(await isKeyOf(copy, keyPath, now.certificate))) return fingerprint !== null ? 'unchanged' : 'missing';
  if (fingerprint !== null) return 'restored';
  for (const { caPath, path: leaf } of expected) {
    if (caPath !== path) continue;
    const before = await readLeaf(root, leaf).catch(() => null);
    if (before !== null) return isSignedBy(before.pem, now.pem) ? 'restored' : 'replaced';
  }
  return madeAt(now.certificate) < startedAt ? 'restored' : 'replaced';
}

/** K3s puts the second in which it makes a CA into its name; others set its start back by an hour at most. */
function madeAt({ commonName, notBefore }: Certificate): number {
  const named = /@(\d{10})$/.exec(commonName ?? '')?.[1];
  return named === undefined ? notBefore + HOUR : Number(named) * 1_000 + 1_000;
}

async function isKeyOf(root: Root, keyPath: string, { publicKey }: Certificate): Promise<boolean> {
  try {
    return publicKeyOfPrivate(await readKey(root, keyPath)) === publicKey;
  } catch {
    return false;
  }
}

async function factsOf(root: Root, path: string): Promise<RehearsedFacts | null> {
  try {
    const { certificate } = await readLeaf(root, path);
    const { subject, keyType, sans, usages, notBefore, notAfter } = certificate;
    return {
      subject: printable(subject),
      keyType,
      sans: sans.map(printable),
      usages: usages.map(printable),
      notBefore,
      notAfter,
      chain: await chainOf(root, path),
    };
  } catch (error) {
    if (error instanceof CertagentError || errorCode(error) !== 'UNKNOWN') return null;
    throw error;
  }
}

/** Certificates in a PEM file; of another kind of file only the leaf counts. */
async function chainOf(root: Root, path: string): Promise<number> {
  const { bytes } = await readSmall(await followLinks(root, path));
  return Math.max(1, certificateTexts(bytes.toString('latin1')).length);
}
