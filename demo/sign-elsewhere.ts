import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { opensslCa } from '../testnode/openssl-ca.ts';

/** The key of the node's CA moves to a directory that is not the node's: what signs from now on is `openssl ca` there. */
export async function moveAuthority(root: string): Promise<{ requests: string; signed: string; sign(): void }> {
  const away = `${root}-ca`;
  const pki = join(root, 'etc/kubernetes/pki');
  const [certificate, key] = await Promise.all(['ca.crt', 'ca.key'].map((name) => readFile(join(pki, name), 'utf8')));
  await rm(join(pki, 'ca.key'));
  const ca = opensslCa(away, certificate!, key!);
  const [requests, signed] = [join(away, 'requests'), join(away, 'signed')];
  return { requests, signed, sign: () => void ca.signAll(requests, signed) };
}
