// What `npm run test:real` is made of, tried without a real K3s.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Machine } from '../e2e/machine.ts';
import { command, DAY, nodeFor } from '../testnode/support.ts';
import { ageLeaves, ageListener, KUBECONFIG, leavesOf, listenerOf, type Secret, TLS } from './aging.ts';
import { gapsOf, inAll, secondsAway } from './probe.ts';
import { programsIn } from './programs.ts';
import { BARE_RESTART, RENEWAL, ratios, table } from './table.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

test('without a directory, nothing is played and the exit code is 0', async () => {
  const { code, stdout } = await command(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN]);
  assert.equal(code, 0);
  assert.match(stdout, /^skipped: no directory.*npm run test:real -- DIR\n$/);
});

test('a directory holds one k3s, or one for each version', async (t) => {
  const directory = await temporary(t);
  assert.deepEqual(programsIn(join(directory, 'missing')), []);
  for (const name of ['v1.36.3', 'v1.4.0', 'notes']) mkdirSync(join(directory, name));
  assert.deepEqual(programsIn(directory), []);
  for (const name of ['v1.36.3', 'v1.4.0']) writeFileSync(join(directory, name, 'k3s'), '');
  const names = () => programsIn(directory).map(({ name }) => name);
  assert.deepEqual(names(), ['v1.4.0', 'v1.36.3']);
  writeFileSync(join(directory, 'k3s'), '');
  assert.equal(names().length, 3);
  symlinkSync(join(directory, 'v1.4.0'), join(directory, 'stable'));
  const link = programsIn(directory).find(({ name }) => name === 'stable');
  assert.equal(link?.directory, realpathSync(join(directory, 'v1.4.0')));
});

test('the API was away between two good answers', () => {
  const answers = (...said: string[]) => said.map((word, index) => ({ at: 1_000 + index * 100, said: word }));
  const cases: [string[], number][] = [
    [['200', '200'], 0],
    [['200', '503', 'ECONNREFUSED', '200'], 0.3],
    [['200', '503', '200', '503', '503', '503', '200'], 0.4],
    [['503', '200'], 0.2],
    [['200', '503', '503'], 0.2],
  ];
  for (const [said, away] of cases) assert.equal(secondsAway(answers(...said), 900), away, said.join());
});

test('the API was away while no server answered', () => {
  const answers = (text: string) =>
    [...text].map((said, index) => ({ at: 1_000 + index * 100, said: said === '.' ? '200' : 'ECONNREFUSED' }));
  const cases: [string, string, number][] = [
    ['..xxx....', '......xx.', 0],
    ['..xxx....', '...xxx...', 300],
    ['x.x.x.x..', '..xxxxx..', 600],
    ['.........', 'xxxxxxxxx', 0],
  ];
  for (const [first, second, away] of cases) {
    const common = inAll([first, second].map((text) => gapsOf(answers(text), 1_000)));
    assert.equal(
      common.reduce((sum, { from, to }) => sum + to - from, 0),
      away,
      `${first} ${second}`,
    );
  }
});

test('the table names the first problem of a scene', () => {
  const row = { scene: 'a renewal', version: 'v1.36.3', result: 'renewed', away: 8.04, whole: null };
  const text = table([
    { ...row, problems: [] },
    { ...row, problems: ['k3s is failed', 'x'] },
  ]);
  const [, good, bad] = text.split('\n');
  assert.match(good!, /^a renewal {2}v1\.36\.3 {2}renewed +8\.0 s +-$/);
  assert.match(bad!, /FAILED: k3s is failed/);
});

test('a renewal is compared with the bare restart of the same version', () => {
  const row = (scene: string, version: string, away: number, whole: number | null) => ({
    ...{ scene, version, away, whole },
    ...{ problems: [], result: '' },
  });
  const rows = [
    row(BARE_RESTART, 'v1', 8, 10),
    row(RENEWAL, 'v1', 8.4, 18),
    row(BARE_RESTART, 'v2', 8, 10),
    row(RENEWAL, 'v2', 8, null),
  ];
  assert.deepEqual(ratios(rows, 6), ['v1: API away 1.05 ×, whole 1.20 × a bare restart, without 6 s of settling']);
});

test('leaves and listener get another expiry, with their keys, names and CAs', async (t) => {
  const machine = new Machine(await temporary(t));
  const node = await nodeFor(t, { root: machine.root, kind: 'k3s-server', leafEnds: Date.now() + 200 * DAY });
  const read = (path: string) => new X509Certificate(readFileSync(machine.at(path)));
  const leaves = leavesOf(machine);
  assert.ok(leaves.length > 10, leaves.join());
  const before = new Map(leaves.map((path) => [path, read(path)]));

  await ageLeaves(machine, -3);
  for (const [path, old] of before) {
    const now = read(path);
    assert.ok(Math.abs(now.validToDate.getTime() - (Date.now() - 3 * DAY)) < 60_000, path);
    assert.equal(now.subject, old.subject);
    assert.equal(now.issuer, old.issuer);
    assert.equal(now.subjectAltName, old.subjectAltName);
    assert.ok(now.publicKey.equals(old.publicKey));
  }
  const admin = readFileSync(machine.at(`${TLS}/client-admin.crt`)).toString('base64');
  assert.ok(readFileSync(machine.at(KUBECONFIG), 'utf8').includes(admin));

  mkdirSync(machine.at('/var/lib/rancher/k3s/server/db'), { recursive: true });
  const database = new DatabaseSync(machine.at('/var/lib/rancher/k3s/server/db/state.db'));
  t.after(() => database.close());
  database.exec('create table kine (id integer primary key, name text, deleted integer, value blob)');
  const add = database.prepare(`insert into kine (name, deleted, value) values (?, ?, 'old')`);
  for (const deleted of [0, 0, 1]) add.run('/registry/secrets/kube-system/k3s-serving', deleted);
  const listener = JSON.parse(readFileSync(machine.at(`${TLS}/dynamic-cert.json`), 'utf8')) as Secret;
  await ageListener(machine, listener, -1);
  assert.ok(listenerOf(machine).validToDate.getTime() < Date.now());
  const rows = database.prepare('select cast(value as text) as value from kine order by id').all();
  assert.equal(rows[0]!.value, 'old');
  const stored = JSON.parse(String(rows[1]!.value)) as Secret;
  assert.equal(stored.metadata.resourceVersion, undefined);
  assert.equal(
    new X509Certificate(Buffer.from(stored.data['tls.crt']!, 'base64')).serialNumber,
    listenerOf(machine).serialNumber,
  );
  assert.equal(rows[2]!.value, 'old');
  await node.remove();
});

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-real-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
