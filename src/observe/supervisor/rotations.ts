import { stat } from 'node:fs/promises';
import { LISTENER_TRIGGER } from '../../domain/distributions/server-leaves.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import type { CaRotation, Preconditions } from '../../domain/model/inventory.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { isSuccessor } from '../../host/ca-succession.ts';
import { followLinks } from '../../host/links.ts';
import { certificateTexts } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { names, text } from '../node-files.ts';

/**
 * What the operator's rotations leave on a server's disk. `certificate rotate-ca` stores new CAs in the datastore and creates
 * `dynamic-cert-regenerate`; the files in `server/tls` stay as they are until the next start (measured on v1.36).
 * `certificate rotate` creates the same file, removes the leaves, and leaves a copy of all of `server/tls`, the keys of the CAs
 * included, in `server/tls-<unixtime>`.
 */
export async function observeRotations(
  root: Root,
  dataDir: string,
): Promise<Pick<Preconditions, 'caRotation' | 'keyCopies'>> {
  const server = `${dataDir}/server`;
  const copies = (await names(root, server)).filter((name) => COPY.test(name));
  const [trigger, next] = await Promise.all([triggerIn(root, server, copies), nextAuthorities(root, server)]);
  return {
    ...(trigger === null && next === null ? {} : { caRotation: { trigger, next } }),
    ...(copies.length === 0 ? {} : { keyCopies: copies.map((name) => `${server}/${name}`) }),
  };
}

const COPY = /^tls-(\d{9,11})$/;
/** From the copy of the keys to the trigger file: `certificate rotate` takes 0.2 seconds. */
const TOGETHER = 30 * SECOND;

async function triggerIn(root: Root, server: string, copies: string[]): Promise<CaRotation['trigger']> {
  const path = `${server}/tls/${LISTENER_TRIGGER}`;
  const placedAt = await writtenAt(root, path);
  if (placedAt === null) return null;
  const isOfLeaves = copies.some((name) => Math.abs(Number(COPY.exec(name)![1]) * SECOND - placedAt) < TOGETHER);
  if (isOfLeaves) return null;
  const files = await authorities(root, `${server}/tls`);
  const written = await Promise.all(files.map((file) => writtenAt(root, `${server}/tls/${file}`)));
  return written.every((at) => at === null || at <= placedAt) ? { path, placedAt } : null;
}

/** CAs in the directory of K3s's own script for them that are newer than, and others than, those in use. */
async function nextAuthorities(root: Root, server: string): Promise<CaRotation['next']> {
  const directory = `${server}/rotate-ca`;
  const signed: boolean[] = [];
  for (const file of await authorities(root, `${directory}/tls`)) {
    const [path, current] = [`${directory}/tls/${file}`, `${server}/tls/${file}`];
    const [next, present] = await Promise.all([certificates(root, path), certificates(root, current)]);
    if (next.length === 0 || present.length === 0 || next[0] === present[0]) continue;
    if (((await writtenAt(root, path)) ?? 0) < ((await writtenAt(root, current)) ?? 0)) continue;
    signed.push(isSuccessor(next, present));
  }
  return signed.length === 0 ? null : { directory, isSigned: signed.every((one) => one) };
}

async function authorities(root: Root, directory: string): Promise<string[]> {
  const [own, etcd] = await Promise.all([names(root, directory), names(root, `${directory}/etcd`)]);
  return [...own, ...etcd.map((name) => `etcd/${name}`)].filter((name) => name.endsWith('-ca.crt'));
}

async function certificates(root: Root, path: string): Promise<string[]> {
  return certificateTexts((await text(root, path)) ?? '');
}

async function writtenAt(root: Root, path: string): Promise<Instant | null> {
  return stat(await followLinks(root, path).catch(() => root.at(path))).then(
    ({ mtimeMs }) => Math.floor(mtimeMs),
    () => null,
  );
}
