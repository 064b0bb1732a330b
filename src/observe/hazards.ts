import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Instant } from '../domain/model/certificate.ts';
import { errorCode } from '../domain/model/errors.ts';
import type { Hazard } from '../domain/model/inventory.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import type { Detected } from './detect.ts';
import { isAuthority } from './k3s-sources.ts';
import { exists } from './node-files.ts';
import type { SourceRead } from './source.ts';

/**
 * What would make a restart of a K3s or RKE2 server do harm: a CA without its key is silently replaced by a new one, a
 * garbage leaf is not healed but handed on, and a file that cannot be written keeps K3s from starting. A missing leaf or
 * key, a leaf of another CA and a broken dynamic-cert.json are healed and no hazard; agents fetch everything anew.
 * `renewsUntil`: leaves that end before this are renewed by a restart.
 */
export async function findHazards(
  root: Root,
  node: Detected,
  reads: SourceRead[],
  renewsUntil: Instant,
): Promise<Hazard[]> {
  if (node.k3s === null || node.role !== 'server') return [];
  const ofServer = reads.filter(
    ({ source }) => source.format === 'pem' && source.path.startsWith(`${node.paths.certificatesDir}/`),
  );
  const leaves = ofServer.filter(({ source }) => !isAuthority(source.id));
  return [
    ...ofServer.filter(({ source }) => isSigning(source.id)).flatMap(authorityHazard),
    ...leaves.flatMap((read) => leafHazard(read, renewsUntil)),
    ...(await absentEtcdAuthorities(root, node, reads)),
    ...(await unwritableLeaves(root, leaves)),
    ...(await unwritableKubeconfig(root, node.k3s.kubeconfig)),
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

function leafHazard({ source, certificates, finding }: SourceRead, renewsUntil: Instant): Hazard[] {
  const notHealed = 'a restart does not heal that';
  // What only we may not read, as an ordinary user, is no harm to K3s.
  if (finding !== null && finding.reason !== 'missing' && finding.reason !== 'permission')
    return [{ code: 'leaf-garbage', path: source.path, detail: `${finding.detail}: ${notHealed}` }];
  const leaf = certificates[0];
  // A new key is made together with a new certificate only.
  if (leaf?.key.state === 'unreadable' && leaf.key.mode !== null && leaf.certificate.notAfter > renewsUntil)
    return [{ code: 'leaf-garbage', path: leaf.key.path, detail: `cannot be read as a key: ${notHealed}` }];
  return [];
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

/** Leaves are written in place when they are renewed: K3s ends half-way when one of them cannot be. */
async function unwritableLeaves(root: Root, leaves: SourceRead[]): Promise<Hazard[]> {
  const there = leaves.filter(({ finding }) => finding === null).map(({ source }) => source.path);
  const found = await Promise.all(there.map((path) => unwritable(root, path, 'leaf-unwritable')));
  return found.flat();
}

/** K3s rewrites its kubeconfig in place at every start. */
async function unwritableKubeconfig(root: Root, path: string): Promise<Hazard[]> {
  return unwritable(root, path, 'kubeconfig-unwritable');
}

/** The file is opened for writing, and nothing is written. */
async function unwritable(root: Root, path: string, code: Hazard['code']): Promise<Hazard[]> {
  const hazard = (detail: string): Hazard[] => [{ code, path, detail }];
  const file = await followLinks(root, path).catch(() => root.at(path));
  try {
    const there = await stat(file);
    if (!there.isFile()) return hazard('is no regular file');
    await (await open(file, constants.O_WRONLY | constants.O_NONBLOCK)).close();
    return [];
  } catch (error) {
    const reason = errorCode(error);
    if (reason === 'ENOENT') return (await canBeMade(file)) ? [] : hazard('does not exist and cannot be made');
    // As an ordinary user we may not write what root's K3s can.
    if (reason === 'EACCES' && process.getuid?.() !== 0) return [];
    return hazard(`cannot be written (${reason})`);
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
