import { execFileSync } from 'node:child_process';

export type SelfSigned = { key: string; certificate: string; commonName: string; days: number };

/** A certificate that signed itself, with its key, made by openssl in two files of a directory. */
export function selfSigned(directory: string, { key, certificate, commonName, days }: SelfSigned): void {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', key, '-out', certificate];
  const words = ['req', '-x509', ...kind, ...files, '-subj', `/CN=${commonName}`, '-days', String(days)];
  execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' });
}
