import { constants } from 'node:fs';
import { access, lstat, open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { changedAuthorities } from '../../domain/distributions/changed-authorities.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import { errorCode } from '../../domain/model/errors.ts';
import type { Hazard } from '../../domain/model/inventory.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { exists } from '../node-files.ts';
import type { KnownOfRestart } from '../observer.ts';
import type { SourceRead } from '../source.ts';
import { isAuthority } from './supervisor-sources.ts';

/**
 * What would make a restart of a K3s or RKE2 server do harm: a CA without its key is silently replaced by a new one, a
 * garbage leaf is not repaired but passed on, and a file that cannot be written keeps K3s from starting. A missing leaf or
 * key, a leaf of another CA and a broken dynamic-cert.json are repaired, so they are not hazards.
 */
export async function serverHazards(
  root: Root,
  { certificatesDir, kubeconfig }: { certificatesDir: string; kubeconfig: string },
  reads: SourceRead[],
  { renewsUntil, certificates, activeSince }: KnownOfRestart,
): Promise<Hazard[]> {
  const ofServer = reads.filter(
    ({ source }) => source.format === 'pem' && source.path.startsWith(`${certificatesDir}/`),
  );
  // A restart does not touch what it does not write.
  const leaves = ofServer.filter(({ source }) => !isAuthority(source.id) && source.owner !== 'operator');
  return [
    ...ofServer.filter(({ source }) => isAuthority(source.id)).flatMap(authorityHazard),
    ...(await Promise.all(
      leaves.flatMap((read) => leafHazard(read, renewsUntil)).map((each) => withLeaf(root, each, reads)),
    )),
    ...changedAuthorities(certificates, activeSince),
    ...(await absentEtcdAuthorities(root, certificatesDir, reads)),
    ...(await unwritableLeaves(root, leaves)),
    // K3s writes its kubeconfig in place at every start.
    ...(await unwritable(root, kubeconfig, 'kubeconfig-unwritable')),
  ];
}

export function authorityHazard({ source, certificates, finding }: SourceRead): Hazard[] {
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
  return [{ code: 'ca-key-missing', path: keyPath, detail: 'the CA key does not exist' }];
}

/** A link in its place is somebody's intention: such a leaf is never removed. */
async function withLeaf(root: Root, hazard: Hazard, reads: SourceRead[]): Promise<Hazard> {
  const { source } = reads.find((read) => [read.source.path, read.source.key?.path].includes(hazard.path))!;
  if (source.key === null) return hazard;
  const files = [source.path, source.key.path];
  const kinds = await Promise.all(files.map((path) => kindOf(root, path)));
  if (!kinds.every((kind) => kind !== 'other')) return hazard;
  const caPath = reads.find((read) => read.source.id === source.ca)?.source.path ?? null;
  return { ...hazard, leaf: { id: source.id, path: source.path, keyPath: source.key.path, caPath } };
}

async function kindOf(root: Root, path: string): Promise<'file' | 'absent' | 'other'> {
  try {
    const file = join(await followLinks(root, dirname(path)), basename(path));
    return (await lstat(file)).isFile() ? 'file' : 'other';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'absent' : 'other';
  }
}

function leafHazard({ source, certificates, finding }: SourceRead, renewsUntil: Instant): Hazard[] {
  const notHealed = 'a restart does not repair that';
  // A file that only this process may not read, as an ordinary user, does K3s no harm.
  if (finding !== null && finding.reason !== 'missing' && finding.reason !== 'permission')
    return [{ code: 'leaf-garbage', path: source.path, detail: `${finding.detail}: ${notHealed}` }];
  const leaf = certificates[0];
  // A new key is made together with a new certificate only.
  if (leaf?.key.state === 'unreadable' && leaf.key.mode !== null && leaf.certificate.notAfter > renewsUntil)
    return [{ code: 'leaf-garbage', path: leaf.key.path, detail: `cannot be read as a key: ${notHealed}` }];
  return [];
}

/** The etcd CAs are required wherever there is an etcd directory; older data directories have none. */
async function absentEtcdAuthorities(root: Root, certificatesDir: string, reads: SourceRead[]): Promise<Hazard[]> {
  const directory = `${certificatesDir}/etcd`;
  if (!(await exists(root, directory))) return [];
  const there = reads.map(({ source }) => source.path);
  return ['server-ca', 'peer-ca']
    .map((name) => `${directory}/${name}.crt`)
    .filter((path) => !there.includes(path))
    .map((path) => ({ code: 'ca-missing', path, detail: 'the CA certificate does not exist' }));
}

/** Leaves are written in place when they are renewed: a start exits half-way when one of them cannot be. */
export async function unwritableLeaves(root: Root, leaves: SourceRead[]): Promise<Hazard[]> {
  const there = leaves.filter(({ finding }) => finding === null).map(({ source }) => source.path);
  const found = await Promise.all(there.map((path) => unwritable(root, path, 'leaf-unwritable')));
  return found.flat();
}

/** The file is opened for writing, and nothing is written. */
async function unwritable(root: Root, path: string, code: Hazard['code']): Promise<Hazard[]> {
  const hazard = (detail: string): Hazard[] => [{ code, path, detail }];
  const file = await followLinks(root, path).catch(() => root.at(path));
  try {
    const there = await stat(file);
    if (!there.isFile()) return hazard('is not a regular file');
    await (await open(file, constants.O_WRONLY | constants.O_NONBLOCK)).close();
    return [];
  } catch (error) {
    const reason = errorCode(error);
    if (reason === 'ENOENT') return (await canBeCreated(file)) ? [] : hazard('does not exist and cannot be created');
    // As an ordinary user certagent may not write what root's K3s can.
    if (reason === 'EACCES' && process.getuid?.() !== 0) return [];
    return hazard(`cannot be written (${reason})`);
  }
}

async function canBeCreated(file: string): Promise<boolean> {
  const directory = dirname(file);
  try {
    await access(directory, constants.W_OK);
    return (await stat(directory)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' && directory !== dirname(directory)) return canBeCreated(directory);
    return errorCode(error) === 'EACCES' && process.getuid?.() !== 0;
  }
}
