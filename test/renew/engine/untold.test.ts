import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JournalRecord } from '../../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { untoldOutcome } from '../../../src/renew/engine/untold.ts';

const at = 1;
const planId = 'p';
const started: JournalRecord = { at, type: 'plan-started', plan: { id: planId } as RenewalPlan, trigger: 'schedule' };
const told: JournalRecord = { at, type: 'plan-told', planId };
const granted = [{ id: 'apiserver', notAfter: 2 }];
const error = { code: 'NOT_RENEWED', message: 'was not renewed' };
const ended = (result: 'succeeded' | 'failed', how: Partial<JournalRecord>): JournalRecord =>
  ({ at, type: 'plan-ended', planId, result, error: null, granted: [], ...how }) as JournalRecord;

describe('untold outcome', () => {
  for (const { name, records, expected } of [
    { name: 'no plan', records: [], expected: null },
    { name: 'a plan that has no end', records: [started], expected: null },
    { name: 'an end that was told', records: [started, ended('succeeded', { granted }), told], expected: null },
    {
      name: 'an end that was not told',
      records: [started, ended('succeeded', { granted })],
      expected: { planId, result: 'succeeded', keptNew: false, error: null, granted },
    },
    {
      name: 'a failure that kept the new certificates',
      records: [started, ended('failed', { error, granted })],
      expected: { planId, result: 'failed', keptNew: true, error: { ...error, remedy: null }, granted },
    },
    {
      name: 'a failure that kept none',
      records: [started, ended('failed', { error })],
      expected: { planId, result: 'failed', keptNew: false, error: { ...error, remedy: null }, granted: [] },
    },
    {
      name: 'an older end, before a plan that has none',
      records: [started, ended('failed', {}), started],
      expected: null,
    },
  ] satisfies { name: string; records: JournalRecord[]; expected: unknown }[]) {
    it(`${name}`, () => assert.deepEqual(untoldOutcome(records), expected));
  }
});
