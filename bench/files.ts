import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY } from '../src/domain/time/duration.ts';
import { issueAuthority, issueCertificate } from '../testnode/pki.ts';

/** The node's path of the directory that holds a root's certificates. */
export const CERTIFICATES = '/etc/ssl/bench';

/** `count` different certificates as PEM (EC P-256, one CA, two SANs). One key serves all: making keys is not measured. */
export async function issueMany(count: number): Promise<string[]> {
  const now = Date.now();
  const validity = { notBefore: now - DAY, notAfter: now + 300 * DAY };
  const ca = await issueAuthority({ commonName: 'bench-ca', ...validity });
  const issued: string[] = [];
  let key = {};
  for (let index = 0; index < count; index += 1) {
    const name = `host-${index}.example`;
    const request = { ca, subject: { commonName: name }, sans: [name, '192.0.2.1'], usages: ['server' as const] };
    const { certificatePem, keyPem } = await issueCertificate({ ...request, ...validity, ...key });
    key = { keyPem };
    issued.push(certificatePem);
  }
  return issued;
}

/** `count` files of `certificates` (again from the first when there are not enough) under `root`, and a configuration that watches them. */
export async function layOut(root: string, count: number, certificates: string[]): Promise<void> {
  const directory = join(root, CERTIFICATES);
  await mkdir(directory, { recursive: true });
  for (let index = 0; index < count; index += 1)
    await writeFile(join(directory, `${index}.crt`), certificates[index % certificates.length]!);
  await mkdir(join(root, 'etc/certagent'), { recursive: true });
  await writeFile(join(root, 'etc/certagent/config.toml'), `[watch]\npaths = ["${CERTIFICATES}/*.crt"]\n`);
}
