// nana, a user with a client certificate of her own.
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import type { TestNode } from '../../testnode/node.ts';
import { type Issued, issueCertificate } from '../../testnode/pki.ts';

/** Where the tests may not become her, she is who runs them. */
export const NANA =
  process.getuid!() === 0 ? { uid: 54_331, gid: 54_331 } : { uid: process.getuid!(), gid: process.getgid!() };
export const NANAS_FILE = '/home/nana/.kube/config';

/** Of a certificate of 90 days. */
export function issued(
  ca: Issued,
  daysLeft: number,
  organizations = ['developers'],
  commonName = 'nana',
): Promise<Issued> {
  const notAfter = Date.now() + daysLeft * DAY;
  return issueCertificate({
    ca,
    subject: { commonName, organizations },
    usages: ['client'],
    notBefore: notAfter - 90 * DAY,
    notAfter,
  });
}

export const NANAS_PAIR = { certificate: '/home/nana/.kube/nana.crt', key: '/home/nana/.kube/nana.key' };

/** Gives her a kubeconfig with her certificate and key embedded. */
export function giveEmbedded(root: Root, node: TestNode, ca: Issued, credentials: Issued): void {
  give(root, NANAS_FILE, kubeconfigOf(node, ca, credentials));
}

/** Gives her one that names files beside it. Returns its text. */
export function giveFiles(root: Root, node: TestNode, ca: Issued, { certificatePem, keyPem }: Issued): string {
  give(root, NANAS_PAIR.certificate, certificatePem);
  give(root, NANAS_PAIR.key, keyPem);
  const text = kubeconfigOf(node, ca, { certificateFile: 'nana.crt', keyFile: NANAS_PAIR.key });
  give(root, NANAS_FILE, text);
  return text;
}

type Credentials = Parameters<typeof kubeconfigText>[0]['credentials'];

function kubeconfigOf(node: TestNode, ca: Issued, credentials: Credentials): string {
  const server = `https://127.0.0.1:${node.ports.apiserver}`;
  return kubeconfigText({ server, ca: { pem: ca.certificatePem }, cluster: 'kubernetes', user: 'nana', credentials });
}

/** A file of hers, in a directory of hers. */
function give(root: Root, path: string, text: string): void {
  const at = root.at(path);
  mkdirSync(dirname(at), { recursive: true, mode: 0o700 });
  writeFileSync(at, text, { mode: 0o600 });
  for (const each of [dirname(at), at]) chownSync(each, NANA.uid, NANA.gid);
}
