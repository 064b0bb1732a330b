import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../../src/domain/model/decision.ts';
import { planIdAt } from '../../../src/domain/plan/plan-id.ts';

const AT = Date.UTC(2026, 10, 27, 16, 55, 57, 250);

function attempt(planId: string): Attempt {
  return { planId, startedAt: AT, endedAt: AT, result: 'failed', trigger: 'schedule', error: null, granted: [] };
}

test('a plan is named after its time, and no two plans have one name', () => {
  const attempts: Attempt[] = [];
  for (const wanted of ['20261127T165557Z', '20261127T165557Z-2', '20261127T165557Z-3']) {
    assert.equal(planIdAt(AT, { attempts }), wanted);
    attempts.push(attempt(wanted));
  }
  assert.deepEqual(
    attempts.map(({ planId }) => planId).sort(),
    attempts.map(({ planId }) => planId),
  );
  assert.ok(planIdAt(AT, { attempts }) < planIdAt(AT + 1000, { attempts }), 'names sort by time');
});
