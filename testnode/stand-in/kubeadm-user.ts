// `kubeadm kubeconfig user`: prints a kubeconfig with a new certificate, and writes no file. Simplified: the API server's
// address is not this node's, as where kubeadm finds another interface's.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubeconfigText } from '../kubeconfig-text.ts';
import { readFaults, readNodeRecord, versionNumbers } from '../options.ts';
import { issueCertificate } from '../pki.ts';
import type { Place } from './kubeadm-files.ts';
import { authorityOf, caKeyPath, hasCaKey, KubeadmError, missingCaKey, readCaCertificate } from './kubeadm-files.ts';
import { hang } from './process.ts';

/** Its configuration is required before v1.29. */
export function requireConfig(root: string, flags: Map<string, string>): void {
  const minor = versionNumbers(readNodeRecord(root).version)[1];
  if (minor < 29 && !flags.has('config')) throw new KubeadmError('required flag(s) "config" not set');
}

export async function printUser(place: Place, flags: Map<string, string>): Promise<void> {
  const faults = readFaults(place.root);
  if (faults.kubeadm === 'hang') await hang(place.root, 'kubeadm');
  if (faults.kubeadm === 'exit1') throw new KubeadmError('unexpected error: the connection was closed');
  const user = flags.get('client-name');
  if (user === undefined) throw new KubeadmError('required flag(s) "client-name" not set');
  const authority = authorityOf({ ca: 'ca' });
  const certificatePem = readCaCertificate(place, authority);
  if (!hasCaKey(place, authority)) throw missingCaKey(place, authority);
  const keyPem = readFileSync(join(place.root, caKeyPath(place, authority)), 'utf8');
  const credentials = await issueCertificate({
    ca: { certificatePem, keyPem },
    subject: { commonName: user, organizations: flags.get('org')?.split(',') ?? [] },
    usages: ['client'],
    notBefore: Date.now() - 300_000,
    notAfter: Date.now() + place.granted,
    keyType: createPrivateKey(keyPem).asymmetricKeyType === 'rsa' ? 'rsa' : 'ec',
  });
  const text = kubeconfigText({
    server: 'https://192.0.2.10:6443',
    ca: { pem: certificatePem },
    cluster: 'kubernetes',
    user,
    credentials,
  });
  process.stdout.write(faults.kubeadm === 'garbage' ? `[config] {${text}` : text);
}
