import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Held, withTurn } from '../../../src/domain/decide/with-turn.ts';
import type { Decision, Decisions } from '../../../src/domain/model/decision.ts';

const NOW = Date.parse('2026-11-27T02:14:00Z');

const decision = (id: string, verdict: Decision['verdict']): Decision => ({
  id,
  notAfter: NOW,
  nearness: 'due',
  opensAt: NOW,
  urgentAt: NOW,
  verdict,
});

const due: Decisions = {
  at: NOW,
  certificates: [
    decision('apiserver', { kind: 'renew', code: 'DUE', why: 'expires' }),
    decision('ca', { kind: 'keep', until: null }),
  ],
  renewal: { kind: 'now', ids: ['apiserver'], why: 'apiserver expires' },
};

const waits: Held = {
  kind: 'waiting',
  until: null,
  code: 'TURN_OF_ANOTHER',
  ids: ['apiserver'],
  why: 'waiting for cp-2',
};
const blocked: Held = {
  kind: 'blocked',
  ids: ['apiserver'],
  blockers: [{ code: 'QUORUM_AT_RISK', why: 'etcd would lose its quorum', remedy: 'Wait.' }],
};

test('a node that waits for its turn says so, and of each certificate', () => {
  const { renewal, certificates } = withTurn(due, waits);
  assert.equal(renewal, waits);
  assert.deepEqual(
    certificates.map(({ verdict }) => verdict),
    [
      { kind: 'defer', until: null, code: 'TURN_OF_ANOTHER', why: 'waiting for cp-2' },
      { kind: 'keep', until: null },
    ],
  );
});

test('a node that is blocked: its certificates stay due', () => {
  const { renewal, certificates } = withTurn(due, blocked);
  assert.equal(renewal, blocked);
  assert.deepEqual(certificates, due.certificates);
});

test('a node that does not wait, or has nothing to renew, is shown as it is', () => {
  assert.equal(withTurn(due, null), due);
  const nothing: Decisions = { ...due, renewal: { kind: 'none', nextAt: null } };
  assert.equal(withTurn(nothing, waits), nothing);
});
