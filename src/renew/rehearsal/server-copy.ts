import { existsSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerRehearsal } from '../../domain/model/rehearsal.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { copyDatabase } from './copy-database.ts';
import { copyEtcd } from './copy-etcd.ts';
import { copyTree, treeSize } from './copy-tree.ts';
import { needRoom, type Place } from './place.ts';

/** What is bound where, and how much was copied. */
export type ServerCopy = {
  writable: { from: string; to: string }[];
  readable: { from: string; to: string }[];
  bytes: number;
  /** The copy of the sqlite database, as it is seen in the sandbox; null: there is none. */
  database: string | null;
};

/** More files than this that cannot be written: the file system is read-only, and so would the copy's be. */
const MOST_FROZEN = 50;

/** Copies a server's state and configuration. Throws what the file system throws; the caller removes the place. */
export async function copyServer(
  root: Root,
  { image }: Place,
  { dataDir, configDir, kubeconfig, trigger, remove, datastore }: ServerRehearsal,
  signal?: AbortSignal,
): Promise<ServerCopy> {
  const server = await followLinks(root, `${dataDir}/server`);
  const database = `${server}/db/state.db`;
  const etcd = `${server}/db/etcd`;
  const isOwn = (path: string) =>
    path.startsWith(database) || path === etcd || LEFT_OUT.test(path.slice(server.length));
  const config = await followLinks(root, configDir);
  const ofDatabase = datastore === 'sqlite' ? [database, `${database}-wal`] : [etcd];
  const sizes = [treeSize(server, { skip: isOwn }), treeSize(config), ...ofDatabase.map((path) => treeSize(path))];
  await needRoom(
    image,
    (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0),
  );
  const data = join(image, dataDir);
  await mkdir(join(data, 'agent'), { recursive: true, mode: 0o700 });
  const copied = [await copyTree(server, join(data, 'server'), { skip: isOwn, signal })];
  let bytes = 0;
  if (datastore === 'sqlite') bytes += await copyDatabase(database, join(data, 'server/db/state.db'));
  else bytes += await copyEtcd(etcd, join(data, 'server/db/etcd'), signal);
  copied.push(await copyTree(config, join(image, configDir), { signal }));
  const writable = [bound(root, image, dataDir), bound(root, image, configDir)];
  const readable: ServerCopy['readable'] = [];
  const programs = `${dataDir}/data`;
  if (existsSync(root.at(programs))) {
    await mkdir(join(image, programs), { mode: 0o755 });
    readable.push({ from: realpathSync(root.at(programs)), to: programs });
  }
  const elsewhere = await copyKubeconfig(root, image, kubeconfig, [dataDir, configDir]);
  if (elsewhere !== null) writable.push(elsewhere);
  const frozen = copied.flatMap((each) => each.frozen);
  if (frozen.length <= MOST_FROZEN) readable.push(...frozen.map((path) => ({ from: path, to: root.own(path) })));
  // Later files override earlier ones: a copy of an etcd member joins nobody.
  if (datastore === 'etcd') {
    await mkdir(join(image, configDir, 'config.yaml.d'), { recursive: true });
    await writeFile(join(image, configDir, 'config.yaml.d/zzz-certagent.yaml'), 'server: ""\n');
  }
  const copy = (path: string) => join(image, path);
  for (const path of remove) await rm(copy(path), { force: true });
  if (trigger !== null) await writeFile(copy(trigger), '', { mode: 0o600 });
  bytes += copied.reduce((sum, each) => sum + each.bytes, 0);
  return { writable, readable, bytes, database: datastore === 'sqlite' ? `${dataDir}/server/db/state.db` : null };
}

/** Below `server/`: snapshots, what a rotation has set aside, and the socket of the datastore. */
const LEFT_OUT = /^\/(?:db\/snapshots|tls-\d+|kine\.sock)(?:\/|$)/;

function bound(root: Root, image: string, path: string): { from: string; to: string } {
  return { from: join(image, path), to: root.isMachine ? realpathSync(path) : path };
}

/** The start writes it: where it lies elsewhere, a copy takes its place, or an empty directory where there is none yet. */
async function copyKubeconfig(
  root: Root,
  image: string,
  kubeconfig: string,
  copied: string[],
): Promise<{ from: string; to: string } | null> {
  if (copied.some((directory) => kubeconfig.startsWith(`${directory}/`))) return null;
  const path = await followLinks(root, kubeconfig);
  await mkdir(dirname(join(image, kubeconfig)), { recursive: true, mode: 0o755 });
  if (!existsSync(path)) return bound(root, image, dirname(kubeconfig));
  await copyTree(path, join(image, kubeconfig));
  return bound(root, image, kubeconfig);
}
