// What kubeadm reads, and its error messages.
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeadmAuthority, KubeadmCertificate } from '../kubeadm-certificates.ts';
import { authorities } from '../kubeadm-certificates.ts';
import type { KeyType } from '../pki.ts';

/** kubeadm prints its text to stderr and exits with 1. */
export class KubeadmError extends Error {}

/** Paths are the node's own, without the root. */
export type Place = {
  root: string;
  certificates: string;
  kubeconfigs: string;
  localEtcd: boolean;
  /** Lifetime that is granted, in milliseconds. */
  granted: number;
  /** Type of the keys that are made; null: the type of the CA's. */
  keyType: KeyType | null;
  /** Of kubeadm's version. */
  minor: number;
};

export function pathOf(place: Place, certificate: KubeadmCertificate): string {
  return certificate.kubeconfig
    ? `${place.kubeconfigs}/${certificate.baseName}`
    : `${place.certificates}/${certificate.baseName}.crt`;
}

export function isThere(place: Place, certificate: KubeadmCertificate): boolean {
  return existsSync(join(place.root, pathOf(place, certificate)));
}

export function authorityOf(certificate: Pick<KubeadmCertificate, 'ca'>): KubeadmAuthority {
  return authorities.find(({ name }) => name === certificate.ca)!;
}

/** The certificate of a file or kubeconfig as PEM. */
export function readCertificate(place: Place, certificate: KubeadmCertificate): string {
  const path = pathOf(place, certificate);
  const text = readFileSync(join(place.root, path), 'utf8');
  if (certificate.kubeconfig) return kubeconfigCertificate(path, text);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  // Later versions take the first, and write nothing else back.
  if (blocks.length > 1 && place.minor < 23)
    throw new KubeadmError(`wanted exactly one certificate, got ${blocks.length}`);
  if (blocks[0] === undefined || !isCertificate(blocks[0])) {
    const reason = `error reading ${path}: data does not contain any valid RSA or ECDSA certificates`;
    throw new KubeadmError(`failed to load existing certificate ${certificate.baseName}: ${reason}`);
  }
  return blocks[0];
}

export function readCaCertificate(place: Place, authority: KubeadmAuthority): string {
  const path = `${place.certificates}/${authority.baseName}.crt`;
  if (!existsSync(join(place.root, path))) {
    const reason = `couldn't load the certificate file ${path}: open ${path}: no such file or directory`;
    const condition = `Error checking external CA condition for ${authority.baseName} certificate authority`;
    throw new KubeadmError(`${condition}: failure loading certificate for CA: ${reason}`);
  }
  return readFileSync(join(place.root, path), 'utf8');
}

export function hasCaKey(place: Place, authority: KubeadmAuthority): boolean {
  return existsSync(join(place.root, caKeyPath(place, authority)));
}

/** Whether this version takes a CA without its key for an external one. */
export function knowsAsExternal({ minor }: Place, { name }: KubeadmAuthority): boolean {
  return name !== 'etcd-ca' || minor >= 23;
}

/** kubeadm's message for a missing CA key. */
export function missingCaKey(place: Place, authority: KubeadmAuthority): KubeadmError {
  const path = caKeyPath(place, authority);
  const reason = `couldn't load the private key file ${path}: open ${path}: no such file or directory`;
  return new KubeadmError(`failure loading ${authority.baseName} certificate authority: failed to load key: ${reason}`);
}

export function caKeyPath(place: Place, authority: KubeadmAuthority): string {
  return `${place.certificates}/${authority.baseName}.key`;
}

function kubeconfigCertificate(path: string, text: string): string {
  const context = /^current-context:[ \t]*(\S*)/m.exec(text)?.[1] ?? '';
  const data = /client-certificate-data:\s*(\S+)/.exec(text)?.[1];
  if (context === '' || data === undefined) {
    throw new KubeadmError(`invalid kubeConfig file ${path}: missing context ${context}`);
  }
  const pem = Buffer.from(data, 'base64').toString();
  if (!isCertificate(pem)) {
    const reason = 'data does not contain any valid RSA or ECDSA certificates';
    throw new KubeadmError(`unable to load client certificate of kubeConfig file ${path}: ${reason}`);
  }
  return pem;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined;
  } catch {
    return false;
  }
}
