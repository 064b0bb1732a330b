import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Location } from '../../src/sync/messages.ts';
import type { CopyHelper } from '../../src/sync/spawn.ts';
import { ALICE, COPY, kubeconfig, makeNode, makePki, type SyncNode } from './fixture.ts';
import { type Meddled, meddled } from './meddled.ts';
import { ATTACKS } from './meddler.ts';

const HOME = '/home/alice';
const SECRET = Buffer.from('the new private key').toString('base64');
const at: Location = { follow: null, steps: ['home', 'alice', '.kube'], name: 'config' };
const values = [{ list: 'users', index: 0, key: 'client-key-data', data: SECRET } as const];

let node: SyncNode;
let old: string;
let helpers: Meddled;
let helper: CopyHelper;
before(async () => {
  const pki = await makePki();
  node = makeNode(pki);
  old = kubeconfig(pki.ca, pki.old);
  // Made once: a process for each attempt would take most of the time.
  execFileSync('mkfifo', [node.at('/home/fifo')]);
  chownSync(node.at('/home/fifo'), ALICE.uid, ALICE.gid);
  helpers = meddled(node);
  helper = helpers.start();
});
after(() => {
  helper.end();
  helpers.remove();
  node.remove();
});

let moments = 0;
for (const attack of ATTACKS)
  test(`at every call of the helper: ${attack}`, async () => {
    for (let moment = 1; ; moment += 1) {
      plant();
      helpers.order({ kind: 'meddle', at: moment, attack, home: node.at(HOME) });
      const read = await helper.ask({ do: 'read', at, tidy: true });
      const { version } = read.is === 'read' ? read : { version: '' };
      const written = read.is === 'read' ? await helper.ask({ do: 'replace', at, version, values }) : null;
      const where = `at call ${moment}: ${JSON.stringify(written ?? read)}`;
      assert.doesNotMatch(where, /helper process/);
      assert.equal(node.read(`${HOME}/victim`), old, where);
      assert.deepEqual(readdirSync(node.at(`${HOME}/elsewhere`)), ['config'], where);
      assert.equal(node.read(`${HOME}/elsewhere/config`), old, where);
      for (const path of holders(node.at(HOME))) {
        const { mode, uid } = lstatSync(path);
        assert.deepEqual([mode & 0o777, uid], [0o600, ALICE.uid], `${path} ${where}`);
        assert.match(path, /\/(\.kube|moved)\/(config|\.certagent-[0-9a-f]{12}\.tmp)$/, where);
      }
      if (!helpers.hit()) {
        assert.equal(written?.is, 'done');
        break;
      }
      moments += 1;
    }
  });

test('the number of moments', (t) => {
  assert.ok(moments > 200);
  t.diagnostic(`${ATTACKS.length} kinds of attack at ${moments} moments`);
});

/** The home as it is before each attempt. */
function plant(): void {
  for (const name of readdirSync(node.at(HOME))) rmSync(node.at(`${HOME}/${name}`), { recursive: true });
  for (const name of ['.kube', 'elsewhere']) {
    mkdirSync(node.at(`${HOME}/${name}`));
    chownSync(node.at(`${HOME}/${name}`), ALICE.uid, ALICE.gid);
  }
  for (const path of [COPY, `${HOME}/elsewhere/config`, `${HOME}/victim`]) node.write(path, old);
  linkSync(node.at('/home/fifo'), node.at(`${HOME}/fifo`));
}

/** Files that hold what was written. */
function holders(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path, 'utf8').includes(SECRET));
}
