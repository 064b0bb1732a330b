import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { historyOf, nextTryAt } from '../../../src/domain/decide/history-of.ts';
import type { Attempt, History } from '../../../src/domain/model/decision.ts';
import type { JournalRecord, UnknownRecord } from '../../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { NOW } from '../../support/inventory.ts';

const plan = (id: string): RenewalPlan => ({
  id,
  createdAt: NOW,
  distribution: 'kubeadm',
  certificates: ['apiserver'],
  why: 'test',
  oldExpired: false,
  steps: [],
});

test('a restore is an attempt that delays no renewal, and grants nothing', () => {
  const restore = { ...plan('a'), restores: 'old' };
  const error = { code: 'COMPONENT_NOT_BACK', message: 'it did not come back' };
  const history = historyOf([
    { at: NOW, type: 'plan-started', plan: restore, trigger: 'schedule' },
    { at: NOW + 1, type: 'plan-ended', planId: 'a', result: 'failed', error, granted: [] },
  ]);
  assert.equal(history.attempts[0]?.restores, 'old');
  assert.equal(nextTryAt(history, { triesPerDay: 1 }, NOW + 2), 0);
});

test('an attempt that replaced certificates while the node ran is known as one', () => {
  const started = (id: string, steps: RenewalPlan['steps']) =>
    ({ at: NOW, type: 'plan-started', plan: { ...plan(id), steps }, trigger: 'schedule' }) as const;
  const { attempts } = historyOf([
    started('a', [{ kind: 'install-rehearsed', from: '/i', leaves: [] }]),
    started('b', [{ kind: 'restart-unit', unit: 'k3s', limit: 1 }]),
  ]);
  assert.deepEqual(
    attempts.map(({ inPlace }) => inPlace),
    [true, undefined],
  );
});

test('a journal gives the attempts, their outcomes and what was granted', () => {
  const granted = [{ id: 'apiserver', notAfter: NOW + 365 * DAY }];
  const error = { code: 'NOT_RENEWED', message: 'kubeadm exited 0 and renewed nothing' };
  const records: JournalRecord[] = [
    { at: NOW - 1, type: 'plan-ended', planId: 'lost', result: 'succeeded', error: null, granted: [] },
    { at: NOW, type: 'plan-started', plan: plan('a'), trigger: 'schedule' },
    { at: NOW + 1, type: 'step-started', planId: 'a', step: 0, undo: { kind: 'nothing' } },
    { at: NOW + 2, type: 'step-failed', planId: 'a', step: 0, error },
    { at: NOW + 3, type: 'plan-ended', planId: 'a', result: 'rolled-back', error, granted: [] },
    { at: NOW + 4, type: 'plan-started', plan: plan('b'), trigger: 'manual' },
    { at: NOW + 5, type: 'plan-ended', planId: 'b', result: 'succeeded', error: null, granted },
    { at: NOW + 6, type: 'plan-started', plan: plan('c'), trigger: 'schedule' },
  ];
  assert.deepEqual(historyOf(records), {
    attempts: [
      { planId: 'a', startedAt: NOW, endedAt: NOW + 3, result: 'rolled-back', trigger: 'schedule', error, granted: [] },
      {
        planId: 'b',
        startedAt: NOW + 4,
        endedAt: NOW + 5,
        result: 'succeeded',
        trigger: 'manual',
        error: null,
        granted,
      },
      {
        planId: 'c',
        startedAt: NOW + 6,
        endedAt: null,
        result: 'unfinished',
        trigger: 'schedule',
        error: null,
        granted: [],
      },
    ],
  });
});

test('a record of another version marks the plan that it belongs to', () => {
  const unknown = (change: Partial<UnknownRecord>): UnknownRecord => ({
    ...{ at: NOW + 1, type: 'unknown', planId: 'a', recordType: 'step-started', word: 'rehearse' },
    ...change,
  });
  const started: JournalRecord = { at: NOW, type: 'plan-started', plan: plan('a'), trigger: 'schedule' };
  const ended: JournalRecord = {
    at: NOW + 9,
    type: 'plan-ended',
    planId: 'a',
    result: 'succeeded',
    error: null,
    granted: [],
  };
  const begun = { planId: 'a', startedAt: NOW, endedAt: null, result: 'unfinished', trigger: 'schedule', error: null };
  const table: [string, JournalRecord[], object[]][] = [
    ['a step of it', [started, unknown({})], [{ ...begun, unknown: 'rehearse' }]],
    ['the first word stays', [started, unknown({}), unknown({ word: 'x' })], [{ ...begun, unknown: 'rehearse' }]],
    ['without a plan, in one', [started, unknown({ planId: null })], [{ ...begun, unknown: 'rehearse' }]],
    [
      'a step, then its end',
      [started, unknown({}), ended],
      [{ ...begun, unknown: 'rehearse', result: 'succeeded', endedAt: NOW + 9 }],
    ],
    ['after its outcome', [started, ended, unknown({})], [{ ...begun, result: 'succeeded', endedAt: NOW + 9 }]],
    [
      'its end',
      [started, unknown({ recordType: 'plan-ended' })],
      [{ ...begun, unknown: 'rehearse', result: 'failed', endedAt: NOW + 1 }],
    ],
    [
      'its beginning',
      [unknown({ recordType: 'plan-started' })],
      [{ ...begun, startedAt: NOW + 1, unknown: 'rehearse' }],
    ],
    [
      'a beginning without a name',
      [unknown({ recordType: 'plan-started', planId: null })],
      [{ ...begun, planId: 'unknown', startedAt: NOW + 1, unknown: 'rehearse' }],
    ],
    [
      'its beginning, and a known end',
      [unknown({ recordType: 'plan-started' }), ended],
      [{ ...begun, startedAt: NOW + 1, unknown: 'rehearse', result: 'succeeded', endedAt: NOW + 9 }],
    ],
    [
      'a beginning without a name, and a known end',
      [unknown({ recordType: 'plan-started', planId: null }), ended],
      [{ ...begun, planId: 'unknown', startedAt: NOW + 1, unknown: 'rehearse', result: 'succeeded', endedAt: NOW + 9 }],
    ],
    ['where there is no plan', [unknown({})], []],
  ];
  for (const [name, records, expected] of table)
    assert.deepEqual(historyOf(records), { attempts: expected.map((each) => ({ ...each, granted: [] })) }, name);
});

const attempt = (startedAt: number, change: Partial<Attempt> = {}): Attempt => ({
  planId: `plan ${startedAt}`,
  startedAt,
  endedAt: startedAt + MINUTE,
  result: 'failed',
  trigger: 'schedule',
  error: null,
  granted: [],
  ...change,
});
const history = (...attempts: Attempt[]): History => ({ attempts });

const interrupted = { result: 'rolled-back', error: { code: 'INTERRUPTED', message: 'was stopped' } } as const;
const manual = { trigger: 'manual' } as const;
// [what, attempts, when the next is allowed]
const table: [string, History, number][] = [
  ['nothing was tried', history(), 0],
  ['the last one succeeded', history(attempt(NOW - 9), attempt(NOW - HOUR, { result: 'succeeded' })), 0],
  ['one failed', history(attempt(NOW - HOUR)), NOW - HOUR + 16 * MINUTE],
  ['two failed', history(attempt(NOW - 9 * HOUR), attempt(NOW - HOUR)), NOW - HOUR + 31 * MINUTE],
  [
    'a success lies between',
    history(attempt(NOW - 30 * HOUR), attempt(NOW - 8 * HOUR, { result: 'succeeded' }), attempt(NOW - HOUR)),
    NOW - HOUR + 16 * MINUTE,
  ],
  ['one was never finished', history(attempt(NOW, { endedAt: null, result: 'unfinished' })), NOW + 15 * MINUTE],
  ['it was interrupted', history(attempt(NOW, interrupted)), 0],
  [
    'one failed, the next was interrupted',
    history(attempt(NOW - HOUR), attempt(NOW - MINUTE, interrupted)),
    NOW - HOUR + 16 * MINUTE,
  ],
  [
    'three of today were interrupted',
    history(...[20, 10, 1].map((hours) => attempt(NOW - hours * HOUR, interrupted))),
    NOW + 4 * HOUR,
  ],
  ['it was rolled back', history(attempt(NOW, { result: 'rolled-back' })), NOW + 16 * MINUTE],
  [
    'three of today failed',
    history(attempt(NOW - 20 * HOUR), attempt(NOW - 10 * HOUR), attempt(NOW - HOUR)),
    NOW + 4 * HOUR,
  ],
  [
    'three of today succeeded',
    history(...[20, 10, 1].map((hours) => attempt(NOW - hours * HOUR, { result: 'succeeded' }))),
    NOW + 4 * HOUR,
  ],
  [
    'by hand, which does not count for the day',
    history(attempt(NOW - 20 * HOUR, manual), attempt(NOW - 10 * HOUR, manual), attempt(NOW - HOUR, manual)),
    NOW - HOUR + 61 * MINUTE,
  ],
  [
    'the wait is a day at most',
    history(...Array.from({ length: 40 }, (_, index) => attempt(NOW - (40 - index) * DAY))),
    NOW + MINUTE,
  ],
  ['a wrong clock wrote it', history(attempt(NOW + 900 * DAY)), 0],
];

for (const [what, given, expected] of table) {
  test(`the next automatic try: ${what}`, () => {
    assert.equal(nextTryAt(given, { triesPerDay: 3 }, NOW), expected);
  });
}

test('no 24 hours have more automatic tries than allowed, and a failure is never followed by a try at once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      fc.array(fc.record({ gap: fc.integer({ min: 1, max: 8 * HOUR }), fails: fc.boolean() }), { maxLength: 60 }),
      (triesPerDay, checks) => {
        const attempts: Attempt[] = [];
        let now = NOW;
        for (const { gap, fails } of checks) {
          now += gap;
          if (nextTryAt({ attempts }, { triesPerDay }, now) > now) continue;
          attempts.push(attempt(now, { result: fails ? 'failed' : 'succeeded' }));
          now += MINUTE;
        }
        for (const [index, { startedAt, result }] of attempts.entries()) {
          const upToADayLater = attempts.slice(index).filter((later) => later.startedAt < startedAt + DAY);
          assert.ok(upToADayLater.length <= triesPerDay);
          const next = attempts[index + 1];
          if (result === 'failed' && next !== undefined) assert.ok(next.startedAt >= startedAt + 16 * MINUTE);
        }
      },
    ),
    { numRuns: 200 },
  );
});
