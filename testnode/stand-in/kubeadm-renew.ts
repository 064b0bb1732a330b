import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeadmCertificate } from '../kubeadm-certificates.ts';
import type { Faults } from '../options.ts';
import type { Issued } from '../pki.ts';
import { issueCertificate, readRequest } from '../pki.ts';
import { overwrite } from '../put.ts';
import type { Place } from './kubeadm-files.ts';
import {
  authorityOf,
  caKeyPath,
  hasCaKey,
  isThere,
  KubeadmError,
  knowsAsExternal,
  missingCaKey,
  pathOf,
  readCaCertificate,
  readCertificate,
} from './kubeadm-files.ts';

/** One name of `kubeadm certs renew`: prints the line kubeadm prints. Not renewed is not always an error. */
export async function renewOne(place: Place, certificate: KubeadmCertificate, faults: Faults): Promise<void> {
  const authority = authorityOf(certificate);
  if (!isThere(place, certificate)) return print(`MISSING! ${certificate.longName}`);
  const caPem = readCaCertificate(place, authority);
  if (!hasCaKey(place, authority)) {
    // Old versions know an external CA for two of the three: without etcd's key they stop.
    if (!knowsAsExternal(place, authority)) throw missingCaKey(place, authority);
    return print(`Detected external ${authority.baseName}, ${certificate.longName} can't be renewed`);
  }
  warnOfExpiredCa(caPem, authority.baseName);
  const oldPem = readCertificate(place, certificate);
  if (faults.kubeadmFailsAt === certificate.name) await fail(place, certificate, caPem, oldPem, faults);
  if (faults.kubeadm !== 'exit0-not-renewed') {
    write(place, certificate, caPem, await sign(place, certificate, caPem, oldPem));
  }
  print(`${certificate.longName} renewed`);
}

// A new key; the same names and usages. notBefore is the CA's, five minutes ago with the v1beta4 API. Since v1.29 clients of
// etcd lose the group system:masters.
async function sign(place: Place, certificate: KubeadmCertificate, caPem: string, oldPem: string): Promise<Issued> {
  const keyPem = readFileSync(join(place.root, caKeyPath(place, authorityOf(certificate))), 'utf8');
  const keyType = place.keyType ?? (createPrivateKey(keyPem).asymmetricKeyType === 'rsa' ? 'rsa' : 'ec');
  const request = await readRequest(oldPem);
  const groups = request.subject.organizations ?? [];
  const losesGroup = place.minor >= 29 && certificate.ca === 'etcd-ca';
  const organizations = losesGroup ? groups.filter((group) => group !== 'system:masters') : groups;
  return issueCertificate({
    ca: { certificatePem: caPem, keyPem },
    ...request,
    subject: { ...request.subject, organizations },
    notBefore: place.minor >= 31 ? Date.now() - 5 * 60_000 : new X509Certificate(caPem).validFromDate.getTime(),
    notAfter: Date.now() + place.granted,
    keyType,
  });
}

// In place: truncated, the key before the certificate, no rename and no backup. Of several CAs in a kubeconfig one stays.
function write(place: Place, certificate: KubeadmCertificate, caPem: string, issued: Issued): void {
  const file = join(place.root, pathOf(place, certificate));
  if (certificate.kubeconfig) {
    const text = readFileSync(file, 'utf8')
      .replace(/(certificate-authority-data:\s*)\S+/, `$1${base64(new X509Certificate(caPem).toString())}`)
      .replace(/(client-certificate-data:\s*)\S+/, `$1${base64(issued.certificatePem)}`)
      .replace(/(client-key-data:\s*)\S+/, `$1${base64(issued.keyPem)}`);
    overwrite(file, text, 0o600);
    return;
  }
  overwrite(keyFile(file), issued.keyPem, 0o600);
  overwrite(file, issued.certificatePem, 0o644);
}

// As on a full disk, where the first half of a pair may have been written.
async function fail(place: Place, certificate: KubeadmCertificate, caPem: string, oldPem: string, faults: Faults) {
  const path = pathOf(place, certificate);
  if (faults.kubeadmTears) {
    if (!certificate.kubeconfig) {
      const { keyPem } = await sign(place, certificate, caPem, oldPem);
      overwrite(keyFile(join(place.root, path)), keyPem, 0o600);
    }
    overwrite(join(place.root, path), '', 0o644);
  }
  const reason = `unable to write certificate to file ${path}: write ${path}: no space left on device`;
  throw new KubeadmError(`failed to write new certificate ${certificate.baseName}: ${reason}`);
}

function warnOfExpiredCa(caPem: string, name: string): void {
  const { validFrom, validTo, validToDate } = new X509Certificate(caPem);
  if (validToDate.getTime() > Date.now()) return;
  const bounds = `the certificate has expired: NotBefore: ${validFrom}, NotAfter: ${validTo}`;
  for (const called of ['CA', name]) {
    process.stderr.write(
      `W ${process.pid} certs.go:489] WARNING: could not validate bounds for certificate ${called}: ${bounds}\n`,
    );
  }
}

function keyFile(certificateFile: string): string {
  return certificateFile.replace(/\.crt$/, '.key');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
