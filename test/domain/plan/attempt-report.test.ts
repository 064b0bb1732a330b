import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalRecord } from '../../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { attemptReport } from '../../../src/domain/plan/attempt-report.ts';
import { steps } from './step-parts.ts';

const PLAN: RenewalPlan = {
  id: 'p1',
  createdAt: 1,
  distribution: 'kubeadm',
  certificates: ['apiserver'],
  why: 'apiserver expires in 20 d',
  oldExpired: false,
  steps: [steps.backup, steps['kubeadm-renew'], steps['verify-files'], steps.cycle, steps['verify-served']],
};
const ERROR = { code: 'NOT_RENEWED', message: 'it was not renewed' };
const UNDO = { kind: 'nothing' } as const;
const of = { planId: 'p1' };

const RECORDS: JournalRecord[] = [
  { at: 1, type: 'plan-started', plan: PLAN, trigger: 'manual' },
  { at: 2, type: 'step-started', ...of, step: 0, undo: UNDO },
  { at: 3, type: 'step-done', ...of, step: 0, detail: '3 files' },
  { at: 4, type: 'step-started', ...of, step: 1, undo: UNDO },
  { at: 5, type: 'step-done', ...of, step: 1, detail: '' },
  { at: 6, type: 'step-started', ...of, step: 2, undo: UNDO },
  { at: 7, type: 'step-failed', ...of, step: 2, error: ERROR },
  { at: 8, type: 'undo-started', ...of, step: 1, undo: UNDO },
  { at: 9, type: 'undo-done', ...of, step: 1, error: null },
  { at: 9, type: 'undo-done', ...of, step: 0, error: ERROR },
  { at: 10, type: 'step-started', ...of, step: 3, undo: UNDO },
  { at: 10, type: 'step-started', ...of, step: 99, undo: UNDO },
  { at: 10, type: 'step-started', planId: 'other', step: 4, undo: UNDO },
  { at: 11, type: 'plan-ended', ...of, result: 'rolled-back', error: ERROR, granted: [] },
];

test('each step: what became of it, why it failed, whether it was undone', () => {
  const report = attemptReport(RECORDS, 'p1')!;
  assert.deepEqual([report.attempt.result, report.why, report.certificates], ['rolled-back', PLAN.why, ['apiserver']]);
  assert.deepEqual(
    report.steps.map(({ state, startedAt, endedAt, detail, error, undone }) => ({
      state,
      startedAt,
      endedAt,
      detail,
      error,
      undone,
    })),
    [
      { state: 'done', startedAt: 2, endedAt: 3, detail: '3 files', error: null, undone: { at: 9, error: ERROR } },
      { state: 'done', startedAt: 4, endedAt: 5, detail: '', error: null, undone: { at: 9, error: null } },
      { state: 'failed', startedAt: 6, endedAt: 7, detail: '', error: ERROR, undone: null },
      { state: 'begun', startedAt: 10, endedAt: null, detail: '', error: null, undone: null },
      { state: 'not-run', startedAt: null, endedAt: null, detail: '', error: null, undone: null },
    ],
  );
  assert.equal(report.steps[1]!.title, 'kubeadm certs renew apiserver');
});

test('a plan that is not there, and one of another version, of which only the name is known', () => {
  assert.equal(attemptReport(RECORDS, 'p2'), null);
  const unknown = { at: 1, type: 'unknown', planId: 'p3', recordType: 'plan-started', word: 'k9s' } as const;
  assert.equal(attemptReport([unknown], 'p3'), null);
});
