// Requests of a node in external CA mode, and answers to them, as plain data.
import type { Certificate } from '../../../src/domain/model/certificate.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { AnswerCertificate, SigningRequest } from '../../../src/domain/model/signing-request.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, withCertificate } from '../../support/inventory.ts';

export const CA = '/etc/kubernetes/pki/ca.crt';

export function requestFor(id: string, change: Partial<SigningRequest> = {}): SigningRequest {
  const { certificate } = inventoryOf('kubeadm-external-ca').certificates.find((one) => one.id === id)!;
  const { subject, commonName, organizations, sans, usages, keyType } = certificate;
  const asked = { subject, commonName, organizations, sans, usages, keyType };
  return { id, createdAt: NOW - DAY, publicKey: `new key of ${id}`, ...asked, ...change };
}

/** The node with these requests, each like the certificate that it replaces; its leaves expire in 20 days. */
export function nodeWith(...requests: SigningRequest[]): Inventory {
  const node = inventoryOf('kubeadm-external-ca', { days: 20 });
  const named = withCertificate(node, 'apiserver', {
    certificate: { sans: ['DNS:kubernetes', 'IP:10.96.0.1'], usages: ['serverAuth'] },
  });
  const certificates = named.certificates.map((one) => {
    const request = requests.find(({ id }) => id === one.id);
    if (request === undefined) return one;
    const { subject, commonName, organizations, sans, usages } = request;
    return { ...one, certificate: { ...one.certificate, subject, commonName, organizations, sans, usages } };
  });
  return { ...named, certificates, requests };
}

/** What the CA makes of a request. */
export function answerTo(
  request: SigningRequest,
  change: Partial<Certificate> = {},
  file = 'a.pem',
): AnswerCertificate {
  const { subject, commonName, organizations, sans, usages, keyType, publicKey, id } = request;
  const certificate: Certificate = {
    ...{ subject, commonName, organizations, sans, usages, keyType, publicKey },
    issuer: 'CN=kubernetes',
    serial: '0F',
    fingerprint: `new ${id}`,
    notBefore: NOW,
    notAfter: NOW + 365 * DAY,
    isCa: false,
    ...change,
  };
  return { file, certificate, pem: `pem of ${id}`, signers: [CA], chain: [], flaw: null };
}
