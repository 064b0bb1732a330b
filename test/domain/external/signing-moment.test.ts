import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import { signingMoment } from '../../../src/domain/external/signing-moment.ts';
import type { Attempt, Policy } from '../../../src/domain/model/decision.ts';
import type { SigningMemory } from '../../../src/domain/model/signing-request.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf } from '../../support/inventory.ts';

const NONE: SigningMemory = { failures: 0, at: null, error: null };

function momentOf(
  days: number,
  signing: SigningMemory | undefined,
  policy: Partial<Policy> = {},
  attempts: Attempt[] = [],
) {
  const node = inventoryOf('kubeadm-external-ca', { days });
  const inventory = signing === undefined ? node : { ...node, signing };
  const known = { inventory, policy: policyOf(policy), history: { ...NO_HISTORY, attempts } };
  const decisions = decide({ ...known, now: NOW, request: { kind: 'schedule' } });
  return signingMoment({ ...known, decisions });
}

const failed = (failures: number, at: number): SigningMemory => ({ failures, at, error: 'no' });
const tried: Attempt = {
  ...{ planId: 'p', startedAt: NOW - 1, endedAt: NOW - 1, result: 'rolled-back', trigger: 'schedule', granted: [] },
  error: { code: 'X', message: 'x' },
};

test('the command is called at once for what is urgent, else in the maintenance window', () => {
  assert.equal(momentOf(20, NONE)?.at, NOW);
  assert.ok(momentOf(20, NONE)?.due.some(({ id }) => id === 'apiserver'));
  const due = momentOf(60, NONE)!.at;
  assert.ok(due > NOW && due < NOW + DAY);
  assert.ok([2, 3, 4].includes(new Date(due).getUTCHours()), new Date(due).toISOString());
});

test('it is not called where none is configured, nothing is due, or something forbids it', () => {
  assert.equal(momentOf(20, undefined), null);
  assert.equal(momentOf(200, NONE), null);
  assert.equal(momentOf(20, NONE, { mode: 'observe' }), null);
});

test('a failure that was written under a clock of the future does not count', () => {
  assert.equal(momentOf(20, failed(3, NOW + 900 * DAY))?.at, NOW);
});

test('after a failure it waits, longer each time, and after a plan that was undone', () => {
  const waits = (failures: number) => momentOf(20, failed(failures, NOW))!.at - NOW;
  assert.deepEqual([1, 2, 3, 9].map(waits), [HOUR, 2 * HOUR, 4 * HOUR, DAY]);
  assert.equal(momentOf(20, failed(1, NOW - 2 * HOUR))?.at, NOW);
  assert.ok(momentOf(20, NONE, {}, [tried])!.at > NOW);
});
