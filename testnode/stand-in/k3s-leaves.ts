// Which leaves a start of K3s renews, and how (k3s pkg/daemons/control/deps/deps.go; what damage does was measured).
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { K3sLeaf } from '../k3s-certificates.ts';
import { issueK3sLeaf } from '../k3s-certificates.ts';
import { k3sDataDirectory } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults, unitOf, versionNumbers } from '../options.ts';
import type { Issued } from '../pki.ts';
import { overwrite } from '../put.ts';
import { log } from './process.ts';

const DAY = 86_400_000;

/** Milliseconds before expiry from which a start renews a leaf: 120 days from the releases of May 2025 on, else 90. */
export function renewalWindow(version: string): number {
  const [, minor, patch] = versionNumbers(version);
  const first: Record<number, number> = { 30: 13, 31: 9, 32: 5, 33: 1 };
  const wide = minor > 33 || (first[minor] !== undefined && patch >= first[minor]);
  return (wide ? 120 : 90) * DAY;
}

/** Renews a leaf where a start does: missing, key missing, expires within the window, or signed by another CA. */
export async function renewIfDue(
  root: string,
  node: NodeRecord,
  leaf: K3sLeaf,
  ca: Issued,
  options: { always?: boolean; keepKey?: boolean } = {},
): Promise<void> {
  const path = join(root, k3sDataDirectory(node), leaf.path);
  const isDue = options.always === true || needsRenewal(root, node, path, ca);
  if (!isDue) return;
  const keyPem =
    options.keepKey === true && existsSync(`${path}.key`) ? readFileSync(`${path}.key`, 'utf8') : undefined;
  const issued = await issueK3sLeaf(leaf, ca, grantedValidity(node, ca), keyPem);
  // In place and the key first, so a watcher can see a mismatched pair, or half a file.
  if (keyPem === undefined) overwrite(`${path}.key`, issued.keyPem, 0o600);
  overwrite(`${path}.crt`, issued.certificatePem, 0o644);
  logSigned(root, node, issued.certificatePem);
}

/** notBefore is the CA's own: a share of "the lifetime" means nothing after the first renewal. */
export function grantedValidity(node: NodeRecord, ca: Issued): { notBefore: number; notAfter: number } {
  const notBefore = new X509Certificate(ca.certificatePem).validFromDate.getTime();
  return { notBefore, notAfter: Date.now() + node.grantedDays * DAY };
}

export function logSigned(root: string, node: NodeRecord, certificatePem: string): void {
  const { subject, issuer, validTo } = new X509Certificate(certificatePem);
  const [name, signer] = [subject, issuer].map((text) => text.split('\n').reverse().join(','));
  log(root, unitOf(node.kind), `level=info msg="certificate ${name} signed by ${signer}: notAfter=${validTo}"`);
}

/** Exists during a start that stands for one long ago, when nothing was due. */
export const LONG_RUNNING = 'run/demo/long-running';

export function isLongRunning(root: string): boolean {
  return existsSync(join(root, LONG_RUNNING));
}

/** Throws where K3s exits: a directory in the place of a certificate. */
function needsRenewal(root: string, node: NodeRecord, path: string, ca: Issued): boolean {
  if (!existsSync(`${path}.crt`) || !existsSync(`${path}.key`)) return true;
  const certificate = parse(readFileSync(`${path}.crt`, 'utf8'));
  // Garbage does not parse as a certificate, so it is not due: K3s keeps it and uses it.
  if (certificate === undefined) return false;
  const issuer = new X509Certificate(ca.certificatePem);
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return true;
  const remaining = certificate.validToDate.getTime() - Date.now();
  if (isLongRunning(root) || readFaults(root).k3s === 'does-not-renew') return false;
  return remaining < renewalWindow(node.version);
}

export function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
