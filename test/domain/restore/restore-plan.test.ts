import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { JournalRecord } from '../../../src/domain/model/journal.ts';
import { describePlan } from '../../../src/domain/plan/describe.ts';
import { expectationsOf, restoredFrom } from '../../../src/domain/plan/plan-parts.ts';
import { choose } from '../../../src/domain/restore/choose.ts';
import type { FoundBackup, FoundLeaf } from '../../../src/domain/restore/found-backup.ts';
import { decideRestore, type RestoreInput } from '../../../src/domain/restore/restore-plan.ts';
import { isWritten, writtenBy } from '../../../src/domain/restore/written.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import {
  inventoryOf,
  NO_HISTORY,
  NODE_KINDS,
  NOW,
  policyOf,
  SETTINGS,
  withCertificate,
  withPreconditions,
} from '../../support/inventory.ts';
import { neighbour } from '../../support/parts.ts';

const DIRECTORY = `${SETTINGS.backups}/old`;
const PKI = '/etc/kubernetes/pki';
const node = inventoryOf('kubeadm');

/** What a backup holds of a certificate of the node, which certagent has renewed since. */
function leaf(id: string, change: Partial<FoundLeaf> = {}, inventory: Inventory = node): FoundLeaf {
  const { place, key } = inventory.certificates.find((one) => one.id === id)!;
  const paths = new Set([place.path, key.state === 'not-expected' ? place.path : key.path]);
  const files = [...paths].map((path) => ({ path, sha256: `old ${path}`, now: `new ${path}` }));
  return { path: place.path, notAfter: NOW + 20 * DAY, files, flaw: null, ...change };
}

/** The same with other content of the file at `path` now. */
function found(id: string, path: string, now: string | null): FoundLeaf {
  const one = leaf(id);
  return { ...one, files: one.files.map((file) => (file.path === path ? { ...file, now } : file)) };
}

const written = new Map(
  node.certificates.flatMap(({ place, key }) =>
    [place.path, key.state === 'not-expected' ? place.path : key.path].map((path) => [path, new Set([`new ${path}`])]),
  ),
);

function inputOf(leaves: FoundLeaf[], change: Partial<RestoreInput> = {}): RestoreInput {
  const backup: FoundBackup = { planId: 'old', directory: DIRECTORY, createdAt: NOW - DAY, leaves };
  const known = { inventory: node, policy: policyOf(), history: NO_HISTORY, settings: SETTINGS };
  return { ...known, backup, written, planId: 'restore-1', now: NOW, ...change };
}

const CRT = `${PKI}/apiserver.crt`;
const KEY = `${PKI}/apiserver.key`;
const unchanged = (): FoundLeaf => {
  const one = leaf('apiserver');
  return { ...one, files: one.files.map((file) => ({ ...file, now: file.sha256 })) };
};

/** Ids that are restored, and why files are left, by path. */
const CHOICES: [what: string, leaves: FoundLeaf[], restored: string[], left: Record<string, RegExp>][] = [
  ['what certagent has written', [leaf('apiserver'), leaf('admin.conf')], ['apiserver', 'admin.conf'], {}],
  ['what is as it was', [unchanged()], [], {}],
  ['a certificate that is new beside a key that is not', [found('apiserver', KEY, `old ${KEY}`)], ['apiserver'], {}],
  [
    'a certificate that somebody has changed',
    [found('apiserver', CRT, 'theirs')],
    [],
    { [CRT]: /^somebody has changed it since/, [KEY]: /^stays with .*apiserver\.crt$/ },
  ],
  [
    'a key that somebody has changed',
    [found('apiserver', KEY, 'theirs'), leaf('admin.conf')],
    ['admin.conf'],
    { [KEY]: /^somebody has changed it since/, [CRT]: /^stays with .*apiserver\.key$/ },
  ],
  [
    'what somebody has removed',
    [found('admin.conf', '/etc/kubernetes/admin.conf', null)],
    [],
    { '/etc/kubernetes/admin.conf': /^somebody has removed it since$/ },
  ],
  [
    'what has expired since',
    [leaf('apiserver', { notAfter: NOW })],
    [],
    { [CRT]: /expired since, on 2026-03-03/, [KEY]: /expired/ },
  ],
  [
    'what is damaged',
    [leaf('apiserver', { flaw: 'is damaged' })],
    [],
    { [CRT]: /^in the backup is damaged$/, [KEY]: /damaged/ },
  ],
  [
    'what certagent does not renew',
    [leaf('kubelet-client')],
    [],
    {
      '/var/lib/kubelet/pki/kubelet-client-current.pem': /^is not a certificate that certagent renews/,
    },
  ],
];

for (const [what, leaves, restored, left] of CHOICES) {
  test(`what a restore chooses: ${what}`, () => {
    const choice = choose(inputOf(leaves).backup, inputOf(leaves));
    assert.deepEqual(
      choice.restored.map(({ pair }) => pair.id),
      restored,
    );
    assert.deepEqual(choice.left.map(({ path }) => path).sort(), Object.keys(left).sort());
    for (const { path, why } of choice.left) assert.match(why, left[path]!);
  });
}

test('what a CA elsewhere has signed is restored, too', () => {
  const inventory = inventoryOf('kubeadm-external-ca');
  const { backup } = inputOf([leaf('apiserver', {}, inventory)]);
  assert.deepEqual(
    choose(backup, { inventory, written, now: NOW }).restored.map(({ observed }) => observed.owner),
    ['external-ca'],
  );
});

test('whatever is found, only what certagent wrote is overwritten, pairs as a whole', () => {
  const now = fc.constantFrom('old', 'new', 'theirs', null);
  fc.assert(
    fc.property(fc.tuple(now, now), fc.boolean(), fc.boolean(), ([ofCertificate, ofKey], isFlawed, isExpired) => {
      const states: Record<string, string | null> = { [CRT]: ofCertificate, [KEY]: ofKey };
      const one = leaf('apiserver', {
        flaw: isFlawed ? 'is damaged' : null,
        ...(isExpired ? { notAfter: NOW - 1 } : {}),
      });
      const files = one.files.map((file) => {
        const state = states[file.path] ?? null;
        return { ...file, now: state === null ? null : state === 'theirs' ? state : `${state} ${file.path}` };
      });
      const input = inputOf([{ ...one, files }]);
      const { restored, left, unchanged: same } = choose(input.backup, input);
      const may = [ofCertificate, ofKey].every((state) => state === 'old' || state === 'new');
      const isSame = ofCertificate === 'old' && ofKey === 'old';
      assert.equal(same.length, isSame ? 1 : 0);
      assert.equal(restored.length, may && !isSame && !isFlawed && !isExpired ? 1 : 0);
      assert.equal(restored.length + (left.length > 0 ? 1 : 0) + same.length, 1, 'one fate');
      for (const { pair } of restored) assert.equal(pair.files.length, 2);
    }),
  );
});

test('the plan of a restore', async () => {
  const ids = ['apiserver', 'admin.conf', 'scheduler.conf', 'etcd-server'];
  const { plan, blockers, left } = decideRestore(
    inputOf([...ids.map((id) => leaf(id)), found('etcd-peer', `${PKI}/etcd/peer.key`, 'x')]),
  );
  assert.deepEqual(blockers, []);
  assert.equal(left.length, 2);
  assert.equal(restoredFrom(plan!), DIRECTORY);
  assert.deepEqual(
    expectationsOf(plan!).map(({ old }) => old),
    ids.map(() => null),
  );
  const text = `${JSON.stringify({ said: describePlan(plan!).split('\n'), plan }, null, 2)}\n`;
  const golden = new URL('../../golden/plan-restore.json', import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
  assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
});

const stopped = { name: 'kubelet', loaded: true, active: false, stopped: true, detail: 'inactive (dead)' };
const running = { planId: 'p', startedAt: NOW, endedAt: null, trigger: 'schedule' as const, error: null, granted: [] };
const BLOCKED: [what: string, codes: string[], input: RestoreInput][] = [
  ['nothing', [], inputOf([leaf('apiserver')])],
  ['a component that is not healthy does not matter', [], inputOf([leaf('apiserver')], { inventory: unhealthy() })],
  ['nor does observing', [], inputOf([leaf('apiserver')], { policy: policyOf({ mode: 'observe' }) })],
  ['nor a missing kubeadm', [], inputOf([leaf('apiserver')], { inventory: withPreconditions(node, { tool: null }) })],
  [
    'a kubelet that somebody stopped',
    ['UNIT_NOT_RUNNING'],
    inputOf([leaf('apiserver')], { inventory: withPreconditions(node, { unit: stopped }) }),
  ],
  [
    'an upgrade',
    ['UPGRADE_UNDER_WAY'],
    inputOf([leaf('apiserver')], { inventory: withPreconditions(node, { upgradeUnderWay: 'kubeadm upgrade' }) }),
  ],
  [
    'a clock that is doubtful',
    ['CLOCK_DOUBTFUL'],
    inputOf([leaf('apiserver')], { inventory: { ...node, clock: { ...node.clock, doubt: 'wrong' } } }),
  ],
  [
    'an unfinished plan',
    ['PLAN_UNFINISHED'],
    inputOf([leaf('apiserver')], { history: { attempts: [{ ...running, result: 'unfinished' }] } }),
  ],
  ['everything is as it was', [], inputOf([unchanged()])],
  ['a backup without certificates', ['NOTHING_TO_RESTORE'], inputOf([])],
  ['everything is left', ['NOTHING_TO_RESTORE'], inputOf([found('apiserver', KEY, 'theirs')])],
  ['one file is left', ['NOTHING_TO_RESTORE'], inputOf([found('admin.conf', '/etc/kubernetes/admin.conf', null)])],
  [
    'a backup that cannot be read',
    ['NOTHING_TO_RESTORE'],
    inputOf([], { backup: { planId: 'old', directory: DIRECTORY, createdAt: null, leaves: [] } }),
  ],
  [
    'a machine that is no node',
    ['NOTHING_TO_RESTORE'],
    inputOf([leaf('apiserver')], { inventory: { ...node, node: { ...node.node, distribution: null } } }),
  ],
];

function unhealthy(): Inventory {
  const components = node.preconditions.components.map((one) => ({ ...one, healthy: false }));
  return withPreconditions(node, { components });
}

for (const [what, codes, input] of BLOCKED) {
  test(`what forbids a restore: ${what}`, () => {
    const { plan, blockers } = decideRestore(input);
    assert.deepEqual(
      blockers.map(({ code }) => code),
      codes,
    );
    for (const { why, remedy } of blockers) assert.ok(why !== '' && remedy !== '');
    assert.equal(plan === null, codes.length > 0 || what === 'everything is as it was');
  });
}

for (const kind of NODE_KINDS.filter((each) => !each.startsWith('kubeadm'))) {
  test(`a restore is refused on ${kind}`, () => {
    const { plan, blockers } = decideRestore(inputOf([], { inventory: inventoryOf(kind) }));
    assert.equal(plan, null);
    assert.deepEqual(
      blockers.map(({ code }) => code),
      ['RESTORE_REPLACED'],
    );
  });
}

test('a person learns how many files stay', () => {
  const removed = found('admin.conf', '/etc/kubernetes/admin.conf', null);
  assert.match(decideRestore(inputOf([leaf('apiserver'), removed])).plan!.why, /; certagent leaves 1 file as it is$/);
});

test('a person learns whether the certificates are renewed again, and what else uses them', () => {
  const plan = (change: Partial<RestoreInput>, days = 20) =>
    decideRestore(inputOf([leaf('apiserver', { notAfter: NOW + days * DAY })], change)).plan!;
  assert.match(plan({}).warnings?.join() ?? '', /expires on 2026-03-23, .*certagent disable/);
  assert.equal(plan({}, 200).warnings, undefined);
  assert.equal(plan({ policy: policyOf({ mode: 'observe' }) }).warnings, undefined);
  const inventory = withPreconditions(node, { neighbours: [neighbour({ mounts: [CRT] })] });
  assert.match(plan({ inventory }).neighbours?.join() ?? '', /^kube-vip .* mounts /);
  const restarts = plan({ inventory, settings: { ...SETTINGS, neighbours: 'restart' } });
  assert.equal(restarts.neighbours, undefined);
  assert.ok(restarts.steps.some(({ kind }) => kind === 'restart-neighbour'));
});

test('what certagent has written, by its journal', () => {
  const of = { at: NOW, planId: 'p', step: 1 };
  const records: JournalRecord[] = [
    { ...of, type: 'step-done', detail: '', left: { '/a': '1', '/b': null } },
    { ...of, type: 'step-done', detail: '' },
    { ...of, type: 'step-done', detail: '', left: { '/a': '2' } },
    { ...of, type: 'step-failed', error: { code: 'X', message: '' }, left: { '/a': '3' } },
  ];
  const found = writtenBy(records);
  assert.deepEqual(
    ['1', '2', '3'].map((sha256) => isWritten(found, '/a', sha256)),
    [true, true, false],
  );
  assert.equal(isWritten(found, '/b', '1'), false);
});

test('a certificate of another owner at the same path is left', () => {
  const inventory = withCertificate(node, 'apiserver', { owner: 'operator' });
  const input = inputOf([leaf('apiserver')], { inventory });
  assert.deepEqual(choose(input.backup, input).restored, []);
});
