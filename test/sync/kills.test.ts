import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type CopyHelper, startHelper } from '../../src/sync/spawn.ts';
import { COPIES, COPY, kubeconfig, makeNode, makePki, type SyncNode } from './fixture.ts';
import { identity, type Meddled, meddled } from './meddled.ts';

const BACKUP = `${COPY}.certagent-backup`;

let node: SyncNode;
let old: string;
let wanted: string;
let helpers: Meddled;
/** Does the second sync of every try: only the one that is killed has to be started anew. */
let steady: CopyHelper;
before(async () => {
  const pki = await makePki();
  node = makeNode(pki);
  old = kubeconfig(pki.ca, pki.old);
  wanted = node.read('/etc/kubernetes/admin.conf');
  helpers = meddled(node);
  steady = startHelper({ prefix: node.dir, identity, clientCas: [] });
});
after(() => {
  steady.end();
  helpers.remove();
  node.remove();
});

const config = { ...COPIES, paths: [], users: ['alice'] };
const read = (path: string) => (existsSync(node.at(path)) ? node.read(path) : null);
let points = 0;

for (const [what, copy] of [
  ['a copy is brought up to date', () => old],
  ['a copy is created', () => null],
] as const)
  test(`killed at every change of the disk while ${what}`, async () => {
    for (let moment = 1; ; moment += 1) {
      rmSync(node.at('/home/alice/.kube'), { recursive: true, force: true });
      if (copy() !== null) node.write(COPY, old, { mode: 0o640 });
      helpers.order({ kind: 'kill', at: moment });
      const [first] = await node.sync({ config, helper: helpers.start });
      const killed = helpers.hit();
      if (killed) assert.match(first!.detail, /helper process exited early/);
      assert.ok([copy(), wanted].includes(read(COPY)), `the copy is old or new at point ${moment}`);

      const [second] = await node.sync({ config, helper: () => ({ ask: steady.ask, end() {} }) });
      assert.ok(['current', 'updated', 'created'].includes(second!.result), `${second!.detail} at point ${moment}`);
      assert.equal(read(COPY), wanted);
      assert.ok([null, old].includes(read(BACKUP)));
      const left = readdirSync(node.at('/home/alice/.kube')).filter((name) => !BACKUP.endsWith(name));
      assert.deepEqual(left, ['config'], `at point ${moment}`);
      if (!killed) break;
      points += 1;
    }
  });

test('the number of points', (t) => {
  assert.ok(points > 25);
  t.diagnostic(`killed at ${points} points, and the copy whole after each`);
});
