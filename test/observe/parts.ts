// A certificate with its key, the files they are written into, and the source that names such a file.
import { type Source, source } from '../../src/observe/source.ts';
import { authority, leaf } from './support.ts';

export const pair = await leaf(await authority());
export const ca = await authority('another');

/** A kubeconfig with these users, as YAML, and one cluster. */
export const kubeconfig = (user: string) => `apiVersion: v1
kind: Config
clusters:
- name: one
  cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: ${base64(ca.certificatePem)} }
contexts:
- name: main
  context: { cluster: one, user: me }
current-context: main
users:
${user}`;

/** The one user of a kubeconfig, with a certificate and its key in it. */
export const me = (certificate: string, key = pair.keyPem) =>
  `- name: me\n  user: { client-certificate-data: ${base64(certificate)}, client-key-data: ${base64(key)} }\n`;

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The file under test, /it. */
export const pem = (given: Partial<Source> = {}): Source =>
  source({ id: 'it', path: '/it', format: 'pem', owner: 'operator', ...given });

/** Half of a certificate. */
export const cut = pair.certificatePem.slice(0, 300);
