// server/tls/dynamic-cert.json: the listener's certificate as a TLS secret (rancher/dynamiclistener storage/file).
import { createHash, X509Certificate } from 'node:crypto';
import { versionNumbers } from './options.ts';
import type { Issued } from './pki.ts';

export function dynamicCertText(flavour: string, issued: Issued, sans: string[], resourceVersion: number): string {
  const certificate = new X509Certificate(issued.certificatePem);
  const fingerprint = createHash('sha1').update(certificate.raw).digest('hex').toUpperCase();
  const annotations = Object.fromEntries(sans.map((name) => [`listener.cattle.io/cn-${name}`, name]));
  annotations['listener.cattle.io/fingerprint'] = `SHA1=${fingerprint}`;
  const secret = {
    kind: 'Secret',
    apiVersion: 'v1',
    metadata: {
      name: `${flavour}-serving`,
      namespace: 'kube-system',
      resourceVersion: String(resourceVersion),
      creationTimestamp: certificate.validFromDate.toISOString().replace('.000Z', 'Z'),
      annotations,
    },
    data: { 'tls.crt': base64(issued.certificatePem), 'tls.key': base64(issued.keyPem) },
    type: 'kubernetes.io/tls',
  };
  return `${JSON.stringify(secret)}\n`;
}

/** Measured: 0644 with v1.21, 0600 with v1.36.3. */
export function dynamicCertMode(version: string): number {
  return versionNumbers(version)[1] > 22 ? 0o600 : 0o644;
}

/** Throws where the text is not such a secret. */
export function parseDynamicCert(text: string): Issued & { resourceVersion: number } {
  const secret = JSON.parse(text) as { metadata: { resourceVersion: string }; data: Record<string, string> };
  return {
    certificatePem: Buffer.from(secret.data['tls.crt'] ?? '', 'base64').toString(),
    keyPem: Buffer.from(secret.data['tls.key'] ?? '', 'base64').toString(),
    resourceVersion: Number(secret.metadata.resourceVersion),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
