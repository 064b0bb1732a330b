// The copies of a rehearsal: trees with their attributes, and a database that is written to meanwhile.
import assert from 'node:assert/strict';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { copyDatabase } from '../../../src/renew/rehearsal/copy-database.ts';
import { copyEtcd } from '../../../src/renew/rehearsal/copy-etcd.ts';
import { copyTree, treeSize } from '../../../src/renew/rehearsal/copy-tree.ts';
import { databaseProblem } from '../../../src/renew/rehearsal/inside/database.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-copies-'));
after(() => rm(directory, { recursive: true }));

describe('a tree', () => {
  test('is copied with modes, times and links; sockets and what is left out are not', async () => {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    await mkdir(join(from, 'tls-1700000000'), { recursive: true });
    await mkdir(join(from, 'tls'), { mode: 0o700 });
    await writeFile(join(from, 'tls/ca.key'), 'key', { mode: 0o600 });
    await chmod(join(from, 'tls/ca.key'), 0o640);
    await utimes(join(from, 'tls/ca.key'), 1_700_000_000, 1_700_000_000.25);
    await symlink('/outside/token', join(from, 'token'));
    const server = createServer().listen(join(from, 'kine.sock'));
    try {
      const copied = await copyTree(from, to, { skip: (path) => path.endsWith('tls-1700000000') });
      assert.deepEqual(copied, { bytes: 3, frozen: [] });
    } finally {
      server.close();
    }
    assert.deepEqual((await readdir(to)).sort(), ['tls', 'token']);
    assert.equal(await readlink(join(to, 'token')), '/outside/token');
    const facts = await lstat(join(to, 'tls/ca.key'));
    assert.equal(facts.mode & 0o777, 0o640);
    // K3s compares the times of CA files with its datastore.
    assert.equal(facts.mtimeMs, 1_700_000_000_250);
    assert.equal((await lstat(join(to, 'tls'))).mode & 0o777, 0o700);
    assert.equal(await treeSize(from), 3);
  });

  test('a signal ends the copying', async () => {
    const from = join(directory, 'stopped');
    await mkdir(from);
    await assert.rejects(copyTree(from, `${from}-copy`, { signal: AbortSignal.abort() }), { name: 'AbortError' });
  });
});

describe('a database', () => {
  test('that is written to all the time is copied whole, with what is in its log alone', async () => {
    const [from, to] = [join(directory, 'state.db'), join(directory, 'db/state.db')];
    const writer = new DatabaseSync(from);
    writer.exec('pragma journal_mode = wal; create table kine (id integer primary key, value blob)');
    const row = writer.prepare('insert into kine (value) values (zeroblob(5000))');
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        row.run();
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      for (let round = 0; round < 20; round++) {
        const least = Number(Object.values(writer.prepare('select count(*) from kine').get()!)[0]);
        assert.ok((await copyDatabase(from, to)) > 0);
        assert.equal(await databaseProblem(to), null);
        const copy = new DatabaseSync(to);
        const rows = Number(Object.values(copy.prepare('select count(*) from kine').get()!)[0]);
        copy.close();
        assert.ok(rows >= least, `${rows} rows of at least ${least}`);
      }
    } finally {
      isOver = true;
      await writing;
      writer.close();
    }
  });

  test('that is no database is reported', async () => {
    const path = join(directory, 'garbage.db');
    await writeFile(path, 'garbage'.repeat(1_000));
    assert.match((await databaseProblem(path)) ?? '', /not a database/);
    assert.match((await databaseProblem(join(directory, 'no/such.db'))) ?? '', /unable to open/);
    assert.match(await readFile(path, 'utf8'), /^garbage/);
  });
});

describe('the directory of embedded etcd', () => {
  const DATABASE = 'member/snap/db';
  const layOut = async (name: string): Promise<string> => {
    const from = join(directory, name);
    await mkdir(join(from, 'member/snap'), { recursive: true, mode: 0o700 });
    await mkdir(join(from, 'member/wal'));
    await writeFile(join(from, DATABASE), '0'.repeat(100), { mode: 0o600 });
    await writeFile(join(from, 'member/wal/0.wal'), 'log');
    return from;
  };

  test('is copied whole, also over what an earlier attempt has left', async () => {
    const from = await layOut('etcd');
    await writeFile(join(from, 'member/snap/1.snap'), 'snap');
    const to = join(directory, 'etcd-copy');
    assert.equal(await copyEtcd(from, to), 107);
    assert.equal(await copyEtcd(from, to), 107);
    for (const path of [DATABASE, 'member/wal/0.wal', 'member/snap/1.snap'])
      assert.equal(await readFile(join(to, path), 'utf8'), await readFile(join(from, path), 'utf8'));
    assert.equal((await lstat(join(to, DATABASE))).mode & 0o777, 0o600);
  });

  test('a database that never rests is not copied', async () => {
    const from = await layOut('etcd-restless');
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        await utimes(join(from, DATABASE), n, n);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      await assert.rejects(copyEtcd(from, join(directory, 'etcd-restless-copy')), { code: 'CHANGED_SINCE' });
    } finally {
      isOver = true;
      await writing;
    }
  });
});
