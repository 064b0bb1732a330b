// What certagent wrote itself and reads again: a disk, an editor or another version may have changed it.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadBook } from '../../src/alert/book.ts';
import { renderEmail } from '../../src/alert/email-text.ts';
import { openSpool } from '../../src/alert/spool.ts';
import type { Dispatch, StandingAlert } from '../../src/domain/alerts/alert.ts';
import { diffAlerts } from '../../src/domain/alerts/diff.ts';
import { historyOf } from '../../src/domain/decide/history-of.ts';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import type { CycleStep, RenewalPlan } from '../../src/domain/model/plan.ts';
import { describePlan } from '../../src/domain/plan/describe.ts';
import { Root } from '../../src/host/root.ts';
import { unfinishedRun } from '../../src/renew/engine/recover.ts';
import { JOURNAL_FILE, openJournal } from '../../src/renew/journal/journal-file.ts';
import { allBodies } from '../alert/bodies.ts';
import { mutatedText } from './mutate.ts';
import { asyncRefusal, directoryFor, fuzz } from './support.ts';
import { data } from './yaml.ts';

const AT = Date.UTC(2026, 10, 24);
const cycle = {
  kind: 'cycle',
  component: 'kube-apiserver',
  manifest: '/etc/kubernetes/manifests/kube-apiserver.yaml',
  method: 'move',
  processArguments: ['--tls-cert-file=/etc/kubernetes/pki/apiserver.crt'],
  health: { scheme: 'https', host: '127.0.0.1', port: 6443, path: '/livez' },
  limit: 60_000,
} satisfies CycleStep as CycleStep;
const expectation = {
  id: 'apiserver',
  path: '/etc/kubernetes/pki/apiserver.crt',
  keyPath: '/etc/kubernetes/pki/apiserver.key',
  caPath: null,
  old: { serial: '01', notAfter: AT, sans: ['DNS:a'], usages: ['serverAuth'], subject: 'CN=a' },
};
const endpoint = { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects: 'apiserver' } as const;
const plan: RenewalPlan = {
  id: 'plan-1',
  createdAt: AT,
  distribution: 'kubeadm',
  certificates: ['apiserver'],
  why: 'due',
  oldExpired: false,
  steps: [
    { kind: 'backup', directory: '/var/lib/certagent/backups/1', files: ['/a'], directories: [] },
    {
      kind: 'kubeadm-renew',
      name: 'apiserver',
      argv: ['certs', 'renew', 'apiserver'],
      writes: ['/a'],
      expect: expectation,
      limit: 1_000,
    },
    { kind: 'verify-files', expect: [expectation] },
    { kind: 'cycle-unless-served', endpoints: [{ ...endpoint, path: '/a' }], patience: 1_000, cycle },
    cycle,
    {
      kind: 'verify-served',
      endpoints: [{ ...endpoint, path: '/a', client: { certificatePath: '/a', keyPath: '/b' } }],
      limit: 1_000,
    },
    { kind: 'restart-unit', unit: 'k3s', limit: 1_000 },
    { kind: 'stop-unit', unit: 'k3s', limit: 1_000 },
    {
      kind: 'rotate-leaves',
      program: 'k3s',
      argv: ['certificate', 'rotate'],
      writes: ['/a'],
      server: '/s',
      limit: 1_000,
    },
    { kind: 'await-ready', unit: 'k3s', health: cycle.health, kubeconfig: '/etc/rancher/k3s/k3s.yaml', limit: 1_000 },
    { kind: 'await-listener', endpoint, expect: expectation, limit: 1_000 },
  ],
};
const RECORDS: JournalRecord[] = [
  { at: AT, type: 'plan-started', plan, trigger: 'schedule' },
  { at: AT, type: 'step-started', planId: 'plan-1', step: 0, undo: { kind: 'nothing' } },
  { at: AT, type: 'step-done', planId: 'plan-1', step: 0, detail: '3 files' },
  {
    at: AT,
    type: 'step-started',
    planId: 'plan-1',
    step: 4,
    undo: { kind: 'return-manifest', from: '/b', manifest: '/a', sha256: 'ab' },
  },
  { at: AT, type: 'step-failed', planId: 'plan-1', step: 4, error: { code: 'X', message: 'y' } },
  { at: AT, type: 'undo-started', planId: 'plan-1', step: 4, undo: { kind: 'restore', backup: '/b', files: ['/a'] } },
  { at: AT, type: 'undo-done', planId: 'plan-1', step: 4, error: null },
  { at: AT, type: 'step-started', planId: 'plan-1', step: 3, undo: { kind: 'cycle', step: cycle } },
  {
    at: AT,
    type: 'step-started',
    planId: 'plan-1',
    step: 6,
    undo: { kind: 'restart-unit', unit: 'k3s', backup: '/b' },
  },
  {
    at: AT,
    type: 'plan-ended',
    planId: 'plan-1',
    result: 'rolled-back',
    error: { code: 'X', message: 'y' },
    granted: [{ id: 'a', notAfter: AT }],
  },
];

/** The value with one member, however deep, replaced. */
function replacedMember(value: unknown, at: number, by: unknown): unknown {
  const places: [holder: Record<string, unknown>, name: string][] = [];
  const copy = structuredClone(value) as Record<string, unknown>;
  const visit = (holder: Record<string, unknown>): void => {
    for (const name of Object.keys(holder)) {
      places.push([holder, name]);
      if (typeof holder[name] === 'object' && holder[name] !== null) visit(holder[name] as Record<string, unknown>);
    }
  };
  visit(copy);
  const [holder, name] = places[Math.floor(at * places.length)]!;
  if (by === undefined) delete holder[name];
  else holder[name] = by;
  return copy;
}

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anything = fc.oneof(
  data,
  fc.constant(undefined),
  fc.constantFrom(Number.POSITIVE_INFINITY, -1, 1e20, 99, '', '/x', 'cycle', [null]),
);

/** A journal in which a line, or a member of a record, is not what was written. */
const journals = fc.oneof(
  mutatedText([`${RECORDS.map((record) => JSON.stringify(record)).join('\n')}\n`]),
  fc
    .tuple(fc.nat({ max: RECORDS.length - 1 }), position, anything, fc.nat({ max: RECORDS.length }))
    .map(([which, at, by, upTo]) =>
      RECORDS.slice(0, upTo)
        .map((record, index) => `${JSON.stringify(index === which ? replacedMember(record, at, by) : record)}\n`)
        .join(''),
    ),
);

test('a changed journal is read, or refused with file and line; what is read can be gone through', async (t) => {
  const root = new Root(directoryFor(t));
  const path = root.at(JOURNAL_FILE);
  mkdirSync(dirname(path), { recursive: true });
  let refusals = 0;
  await fuzz(t, 300, journals, async (text) => {
    writeFileSync(path, text);
    const refused = await asyncRefusal(async () => {
      const journal = await openJournal(root);
      try {
        const records = await journal.records();
        historyOf(records);
        const run = unfinishedRun(records)?.run;
        if (run !== undefined) {
          describePlan(run.plan);
          for (const step of run.undos.keys()) assert.ok(run.plan.steps[step] !== undefined);
        }
        await journal.append(RECORDS[2]!);
        assert.equal((await journal.records()).length, records.length + 1);
      } finally {
        await journal.close();
      }
    });
    if (refused === null) return;
    refusals += 1;
    assert.equal(refused.code, 'JOURNAL_UNREADABLE');
    assert.match(refused.message, /journal\.jsonl line \d+ is not a journal record/);
  });
  t.diagnostic(`${refusals} of them refused`);
});

const alert = {
  code: 'CERTIFICATE_URGENT',
  severity: 'warning',
  subject: 'certificates',
  text: 'One ends.',
  remedy: 'Renew.',
  facts: { apiserver: 'ends soon' },
} as const;
const standing: StandingAlert = { alert, since: AT, lastSentAt: AT, worst: 'warning' };
const dispatch: Dispatch = {
  id: '00000000-0000-4000-8000-000000000000',
  at: AT,
  node: { name: 'cp-1', distribution: 'kubeadm', role: 'control-plane' },
  notifications: [{ status: 'raised', alert, since: AT, worst: 'warning' }],
  allClear: false,
};

function texts(value: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    mutatedText([JSON.stringify(value)]),
    fc.tuple(position, anything).map(([at, by]) => JSON.stringify(replacedMember(value, at, by))),
  );
}

test('a changed alert book is a book that can be compared, or an empty one', async (t) => {
  const root = new Root(directoryFor(t));
  const path = root.at('/var/lib/certagent/alerts.json');
  mkdirSync(dirname(path), { recursive: true });
  await fuzz(t, 300, texts({ version: 1, alerts: [standing, standing] }), async (text) => {
    writeFileSync(path, text);
    const { book, damaged } = await loadBook(root);
    if (damaged !== null) assert.ok(damaged.startsWith('/var/lib/certagent/alerts.json') && book.length === 0);
    const { notifications } = diffAlerts({ before: book, now: AT, alerts: [], events: [], repeat: 1_000 });
    if (notifications.length > 0) render({ ...dispatch, notifications });
  });
});

test('a changed file of the spool is sent in every shape, or put aside', async (t) => {
  const directory = directoryFor(t);
  const name = `${String(AT).padStart(15, '0')}-${dispatch.id}.json`;
  let aside = 0;
  await fuzz(t, 300, texts(dispatch), async (text) => {
    writeFileSync(`${directory}/${name}`, text);
    const spool = await openSpool(directory);
    const first = await spool.first();
    if (first === null) aside += 1;
    else {
      render(first.dispatch);
      await spool.remove(first.name);
    }
    assert.equal(spool.size(), 0);
    assert.ok(!readdirSync(directory).includes(name));
  });
  t.diagnostic(`${aside} of them put aside`);
});

function render(given: Dispatch): void {
  const { subject } = renderEmail(given);
  assert.doesNotMatch(subject, /\p{Cc}/u);
  for (const body of allBodies(given)) JSON.parse(body);
}
