import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../domain/errors.ts';
import type { Hazard } from '../domain/inventory.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import type { Detected } from './detect.ts';
import { isAuthority } from './k3s-sources.ts';
import { exists } from './look.ts';
import type { SourceRead } from './source.ts';

/**
 * What would make a restart of a K3s or RKE2 server do harm: a CA without its key is silently replaced by a new one, a
 * garbage leaf is not healed but handed on, and a kubeconfig that cannot be written keeps K3s from starting. A missing
 * leaf or key and a leaf of another CA are healed and no hazard; agents fetch everything anew.
 */
export async function findHazards(root: Root, node: Detected, reads: SourceRead[]): Promise<Hazard[]> {
  if (node.k3s === null || node.role !== 'server') return [];
  const ofServer = reads.filter(({ source }) => source.path.startsWith(`${node.paths.certificatesDir}/`));
  return [
    ...ofServer.filter(({ source }) => isSigning(source.id)).flatMap(authorityHazard),
    ...ofServer.filter(({ source }) => !isAuthority(source.id)).flatMap(leafHazard),
    ...(await absentEtcdAuthorities(root, node, reads)),
    ...(await unwritable(root, node.k3s.kubeconfig)),
  ];
}

/** `*.nochain.crt` are copies; the CAs themselves have a key beside them. */
const isSigning = (id: string): boolean => id.endsWith('-ca');

function authorityHazard({ source, certificates, finding }: SourceRead): Hazard[] {
  const { path } = source;
  if (finding !== null) {
    const code = finding.reason === 'missing' ? 'ca-missing' : 'ca-unparsable';
    return [{ code, path, detail: `the CA certificate ${finding.detail}` }];
  }
  const key = certificates[0]?.key;
  const keyPath = source.key?.path ?? path;
  if (key === undefined || key.state === 'matches') return [];
  if (key.state === 'differs')
    return [{ code: 'ca-key-mismatch', path: keyPath, detail: 'the CA key does not belong to the CA certificate' }];
  if (key.state === 'unreadable')
    return [{ code: 'ca-unparsable', path: keyPath, detail: 'the CA key cannot be read as a key' }];
  return [{ code: 'ca-key-missing', path: keyPath, detail: 'the CA key is not there: a restart would make a new CA' }];
}

function leafHazard({ source, finding }: SourceRead): Hazard[] {
  if (finding === null || finding.reason === 'missing') return [];
  return [{ code: 'leaf-garbage', path: source.path, detail: `${finding.detail}: a restart does not heal that` }];
}

/** The etcd CAs are required wherever there is an etcd directory; older data directories have none. */
async function absentEtcdAuthorities(root: Root, node: Detected, reads: SourceRead[]): Promise<Hazard[]> {
  const directory = `${node.paths.certificatesDir}/etcd`;
  if (!(await exists(root, directory))) return [];
  const there = reads.map(({ source }) => source.path);
  return ['server-ca', 'peer-ca']
    .map((name) => `${directory}/${name}.crt`)
    .filter((path) => !there.includes(path))
    .map((path) => ({ code: 'ca-missing', path, detail: 'the CA certificate does not exist' }));
}

/** K3s rewrites its kubeconfig in place at every start. Opened for writing, nothing is written. */
async function unwritable(root: Root, path: string): Promise<Hazard[]> {
  const hazard = (detail: string): Hazard[] => [{ code: 'kubeconfig-unwritable', path, detail }];
  const file = await followLinks(root, path);
  try {
    const there = await stat(file);
    if (!there.isFile()) return hazard('is no regular file');
    await (await open(file, constants.O_WRONLY | constants.O_NONBLOCK)).close();
    return [];
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return (await canBeMade(file)) ? [] : hazard('does not exist and cannot be made');
    // As an ordinary user we may not write what root's K3s can.
    if (code === 'EACCES' && process.getuid?.() !== 0) return [];
    return hazard(`cannot be written (${code})`);
  }
}

async function canBeMade(file: string): Promise<boolean> {
  const directory = dirname(file);
  try {
    await access(directory, constants.W_OK);
    return (await stat(directory)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && directory !== dirname(directory)) return canBeMade(directory);
    return errorCode(error) === 'EACCES' && process.getuid?.() !== 0;
  }
}
