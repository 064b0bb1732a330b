// Where a K3s server keeps the cluster's state, as its directory shows it, and what a copy takes.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { RehearsalFacts } from '../../src/domain/model/rehearsal-facts.ts';
import { Root } from '../../src/host/root.ts';
import { rehearsedServer } from '../../src/observe/supervisor/rehearsed-server.ts';

const SERVER = 'data/server';

/** A path that ends with a slash is an empty directory. */
const CASES: [what: string, paths: string[], external: boolean, datastore: RehearsalFacts['datastore']][] = [
  ['sqlite', ['db/state.db'], false, 'sqlite'],
  ['sqlite beside an empty directory of etcd (K3s v1.32.3)', ['db/state.db', 'db/etcd/'], false, 'sqlite'],
  ['embedded etcd', ['db/etcd/member/snap/db'], false, 'etcd'],
  ['embedded etcd that sqlite was moved to', ['db/etcd/member/snap/db', 'db/state.db.migrated'], false, 'etcd'],
  ['a database elsewhere', ['db/etcd/'], true, 'external'],
  ['nothing', [], false, null],
];

for (const [what, paths, hasExternalDatastore, datastore] of CASES)
  test(`its datastore: ${what}`, async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'certagent-datastore-'));
    t.after(() => rm(root, { recursive: true }));
    for (const path of paths) await put(join(root, SERVER, path));
    const found = await rehearsedServer(new Root(root), { dataDir: '/data', hasExternalDatastore });
    assert.equal(found.datastore, datastore);
  });

test('a copy takes what is in the directory, without snapshots and set-aside certificates', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'certagent-datastore-'));
  t.after(() => rm(root, { recursive: true }));
  for (const path of ['db/etcd/member/snap/db', 'tls/ca.crt', 'db/snapshots/one', 'tls-1700000000/ca.key'])
    await put(join(root, SERVER, path));
  const { copyBytes } = await rehearsedServer(new Root(root), { dataDir: '/data', hasExternalDatastore: false });
  assert.equal(copyBytes, 2 * CONTENT.length);
});

const CONTENT = 'content';

async function put(path: string): Promise<void> {
  await mkdir(path.endsWith('/') ? path : dirname(path), { recursive: true });
  if (!path.endsWith('/')) await writeFile(path, CONTENT);
}
