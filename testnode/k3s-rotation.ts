// New CAs for `certificate rotate-ca`, as K3s's own script for its self-signed CAs lays them out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { k3sAuthorities } from './k3s-certificates.ts';
import { k3sDataDirectory } from './k3s-layout.ts';
import type { NodeRecord } from './options.ts';
import { issueAuthority } from './pki.ts';
import { put } from './put.ts';

const DAY = 86_400_000;

/** Where the script puts them, as the node sees it: the value of --path. */
export const rotationDirectory = (node: NodeRecord): string => `/${k3sDataDirectory(node)}/server/rotate-ca`;

/**
 * For each CA a file of four certificates: a new CA, the new root that signed it, that root signed by the previous CA, and the
 * previous CA. `isCrossSigned` false: only the first two, so that nothing of the previous CA vouches for it.
 */
export async function layOutRotation(root: string, node: NodeRecord, isCrossSigned = true): Promise<void> {
  const now = Date.now();
  const stamp = Math.floor(now / 1000);
  const validity = { notBefore: now - 60_000, notAfter: now + 7300 * DAY };
  for (const { path, name } of k3sAuthorities(node)) {
    const old = join(root, k3sDataDirectory(node), path);
    const previous = {
      certificatePem: readFileSync(`${old}.crt`, 'utf8'),
      keyPem: readFileSync(`${old}.key`, 'utf8'),
    };
    const commonName = `${name.replace(/-ca$/, '-root')}@${stamp}`;
    const newRoot = await issueAuthority({ commonName, ...validity });
    const crossed = await issueAuthority({ commonName, ...validity, ca: previous, keyPem: newRoot.keyPem });
    const next = await issueAuthority({ commonName: `${name}@${stamp}`, ...validity, ca: newRoot });
    const behind = isCrossSigned ? [crossed.certificatePem, previous.certificatePem] : [];
    const file = `${rotationDirectory(node).slice(1)}/${path.replace(/^server\//, '')}`;
    put(root, `${file}.crt`, [next.certificatePem, newRoot.certificatePem, ...behind].join(''), 0o640);
    put(root, `${file}.key`, `${next.keyPem}${newRoot.keyPem}`, 0o640);
  }
}
