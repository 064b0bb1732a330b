// What `certagent renew -o json` prints: one form, whatever happens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlanOutcome } from '../../../src/domain/model/journal.ts';
import { brokenReport, endedReport, plannedReport } from '../../../src/domain/model/renew-report.ts';
import { PLAN_SCHEMA, type PlanReport } from '../../../src/domain/model/status.ts';

const NODE = { name: 'cp-1' } as PlanReport['node'];
const NONE: PlanReport = {
  schema: PLAN_SCHEMA,
  at: 1,
  node: NODE,
  renewal: { kind: 'none', nextAt: null },
  running: null,
  plan: null,
  decisions: [],
};
const RUNNING = { planId: 'p', step: 1, steps: 2, title: 'Back up', state: 'started', detail: '' } as const;
const BLOCKER = { code: 'UNIT_MISSING', why: 'there is no k3s', remedy: 'Install it.' } as const;
const blocked = (...blockers: (typeof BLOCKER)[]): PlanReport => ({
  ...NONE,
  renewal: { kind: 'blocked', ids: ['a'], blockers },
});
const DUE: PlanReport = {
  ...NONE,
  renewal: { kind: 'now', ids: ['a'], why: '' },
  plan: { id: 'p' } as NonNullable<PlanReport['plan']>,
};
const OUTCOME: PlanOutcome = { planId: 'p', result: 'failed', keptNew: true, error: null, granted: [] };
const ERROR = { code: 'NO_DAEMON', message: 'it went away', remedy: null };

test('before a plan runs', () => {
  assert.equal(plannedReport(NONE).result, 'nothing-due');
  assert.equal(plannedReport({ ...blocked(BLOCKER), running: RUNNING }).result, 'running');
  const report = plannedReport(blocked(BLOCKER));
  assert.deepEqual(
    [report.result, report.error],
    ['blocked', { code: 'UNIT_MISSING', message: 'there is no k3s', remedy: 'Install it.' }],
  );
  assert.equal(plannedReport(blocked()).error, null);
});

test('a plan whose end nobody knows is an error, with the plan', () => {
  const broken = brokenReport(plannedReport(DUE), 2, ERROR);
  assert.deepEqual([broken.result, broken.plan?.id, broken.at, broken.error], ['error', 'p', 1, ERROR]);
  const last = brokenReport(plannedReport(DUE), 2, { ...ERROR, code: 'RENEWAL_BLOCKED' });
  assert.equal(last.result, 'blocked');
});

test('a node that could not be asked', () => {
  const { at, node, plan, result, error } = brokenReport(null, 2, ERROR);
  assert.deepEqual([at, node, plan, result, error], [2, null, null, 'error', ERROR]);
});

test('after the plan ended', () => {
  const report = plannedReport(DUE);
  const ended = endedReport(report, { ...OUTCOME, reported: [{ code: 'X', message: 'x' }] });
  assert.deepEqual([ended.result, ended.planId, ended.keptNew, ended.reported.length], ['failed', 'p', true, 1]);
  assert.deepEqual(endedReport(report, OUTCOME).reported, []);
  assert.equal(endedReport(report, null).result, 'nothing-due');
});

test('every form has the same members', () => {
  const forms = [
    plannedReport(NONE),
    plannedReport(DUE),
    plannedReport(blocked(BLOCKER)),
    endedReport(plannedReport(DUE), OUTCOME),
    brokenReport(null, 0, ERROR),
    brokenReport(plannedReport(DUE), 0, ERROR),
  ].map((form) => Object.keys(form).toSorted());
  for (const form of forms) assert.deepEqual(form, forms[0]);
});
