import { CertagentError } from '../domain/model/errors.ts';
import { isDynamicCert } from '../host/dynamic-cert.ts';
import { parseIfKubeconfig } from '../host/kubeconfig.ts';
import { type Content, Unreadable } from './file-content.ts';
import { type PemReading, pemReading } from './pem-reading.ts';
import { type DynamicCertReading, dynamicCertReading } from './read-dynamic-cert.ts';
import { type KubeconfigReading, readingOfKubeconfig } from './read-kubeconfig.ts';

export type Reading = PemReading | DynamicCertReading | KubeconfigReading;

/** A file that an operator named, of whatever format it is. Throws Unreadable. */
export function anyReading(content: Content): Reading {
  const pem = pemReading(content);
  if (pem.certificates.length > 0 || pem.key !== null || pem.problem !== null) return pem;
  if (isDynamicCert(content.text)) return dynamicCertReading(content);
  refuseUsersYaml(content);
  try {
    const config = parseIfKubeconfig(content.bytes);
    return config === null ? pem : readingOfKubeconfig(config);
  } catch (error) {
    const { code, message } = error instanceof CertagentError ? error : { code: '', message: 'cannot be read' };
    if (code === 'BAD_KUBECONFIG') throw new Unreadable('bad-kubeconfig', message);
    throw new Unreadable('no-certificate', `holds no PEM certificate and is not a kubeconfig: as YAML it ${message}`);
  }
}

/** An operator's pattern can match files that users write, and root parses no YAML of users. */
export function refuseUsersYaml({ text, facts: { uid } }: Content): void {
  if (uid === 0 || uid === process.getuid!() || !/[:{]/.test(text)) return;
  throw new Unreadable(
    'permission',
    `holds no PEM certificate, and certagent parses a kubeconfig here only if root owns it, not UID ${uid}`,
  );
}
