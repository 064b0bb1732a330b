import { isSameHolder } from '../../domain/distributions/same-holder.ts';
import { type Certificate, lostSans } from '../../domain/model/certificate.ts';
import { CertagentError, type ErrorCode } from '../../domain/model/errors.ts';
import type { Expectation } from '../../domain/model/plan.ts';
import { day } from '../../domain/time/day.ts';
import { leadsTo } from '../../host/chain.ts';
import { type Leaf, readKey, readLeaf } from '../../host/leaf.ts';
import { certificateTexts, privateKeyText } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { parseCertificate, publicKeyOfPrivate } from '../../host/x509.ts';

/**
 * Whether the files hold a renewed certificate: one that can be read, matches its key, is signed by its CA, has the subject
 * and covers the names and usages of the previous one, and expires later. Throws CertagentError: NOT_RENEWED when it is
 * still the previous one, else KEY_MISMATCH, NOT_SIGNED, SUBJECT_CHANGED, SANS_LOST, USAGES_LOST, BAD_CERTIFICATE, BAD_KEY …
 */
export async function checkRenewed(root: Root, expect: Expectation): Promise<Certificate> {
  const leaf = await checkPair(root, expect);
  checkAgainstOld(expect, leaf.certificate);
  return leaf.certificate;
}

/** As `checkRenewed`, as an answer: null when it is not (yet) renewed. */
export async function renewedCertificate(root: Root, expect: Expectation): Promise<Certificate | null> {
  return checkRenewed(root, expect).catch(() => null);
}

/**
 * As `checkRenewed`, for what is not in place yet: PEM of a certificate, and of the private key that it is to be used with. Throws as
 * that does.
 */
export async function checkSuccessor(
  root: Root,
  expect: Expectation,
  { certificate: pem, key }: { certificate: string; key: string },
): Promise<Certificate> {
  const [text, ...others] = certificateTexts(pem);
  if (text === undefined) throw failure('BAD_CERTIFICATE', expect, 'what was issued for it holds no certificate');
  const leaf = { pem: text, others, certificate: parseCertificate(text) };
  await checkTogether(root, expect, leaf, privateKeyText(key) ?? key);
  checkAgainstOld(expect, leaf.certificate);
  return leaf.certificate;
}

/**
 * Only that the pair is usable: readable, certificate and key belong together, signed by the CA on disk. A pair that is
 * not (new key, old certificate) is worse than an expired one: etcd accepts no connection with it.
 */
export async function checkPair(root: Root, expect: Expectation): Promise<Leaf> {
  const leaf = await readLeaf(root, expect.path);
  await checkTogether(root, expect, leaf, await readKey(root, expect.keyPath));
  return leaf;
}

async function checkTogether(root: Root, expect: Expectation, leaf: Leaf, key: string): Promise<void> {
  if (publicKeyIn(expect, key) !== leaf.certificate.publicKey)
    throw failure('KEY_MISMATCH', expect, `the certificate does not belong to the private key in ${expect.keyPath}`);
  if (expect.caPath !== null && !leadsTo([leaf.pem, ...leaf.others], (await readLeaf(root, expect.caPath)).pem))
    throw failure('NOT_SIGNED', expect, `the certificate is not signed by the CA in ${expect.caPath}`);
}

/** Whether every pair of these is usable, as `checkPair` judges. */
export async function areSound(root: Root, expected: Expectation[]): Promise<boolean> {
  for (const expect of expected) {
    const sound = await checkPair(root, expect).then(
      () => true,
      () => false,
    );
    if (!sound) return false;
  }
  return true;
}

function checkAgainstOld({ old, ...expect }: Expectation, renewed: Certificate): void {
  if (old === null) return;
  if (renewed.serial === old.serial || renewed.notAfter <= old.notAfter)
    throw failure('NOT_RENEWED', expect, `the certificate still expires ${day(renewed.notAfter)}: it was not renewed`);
  if (!isSameHolder(old, renewed))
    throw failure('SUBJECT_CHANGED', expect, `the subject was "${old.subject}" and is "${renewed.subject}"`);
  const sans = lostSans(old as Certificate, renewed);
  if (sans.length > 0) throw failure('SANS_LOST', expect, `the new certificate lacks ${sans.join(', ')}`);
  const usages = old.usages.filter((usage) => !renewed.usages.includes(usage));
  if (usages.length > 0) throw failure('USAGES_LOST', expect, `the new certificate lacks ${usages.join(', ')}`);
}

function publicKeyIn(expect: Expectation, pem: string): string {
  try {
    return publicKeyOfPrivate(pem);
  } catch (cause) {
    throw new CertagentError('BAD_KEY', `${expect.id}: the private key in ${expect.keyPath} cannot be read`, { cause });
  }
}

function failure(code: ErrorCode, expect: Pick<Expectation, 'id' | 'path'>, what: string): CertagentError {
  return new CertagentError(code, `${expect.id} (${expect.path}): ${what}`, {
    remedy: REMEDIES[code] ?? GENERAL_REMEDY,
  });
}

const GENERAL_REMEDY = 'Check the certificate with "openssl x509 -text -in …" and see what changed the files.';

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  NOT_RENEWED: 'Renew it by hand to see what the tool says, and see that the CA and its key are on this node.',
  SANS_LOST: 'The tool was called with another configuration than the cluster was made with: see its --config.',
};
