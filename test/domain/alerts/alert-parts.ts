// What alerts are made of, and the table that says what is active.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingAlerts } from '../../../src/domain/alerts/standing.ts';
import type { ReasonCode } from '../../../src/domain/decide/reasons.ts';
import type { Attempt, Verdict } from '../../../src/domain/model/decision.ts';
import type { ComponentName, ServedCertificate } from '../../../src/domain/model/inventory.ts';
import type { CopyOutcome } from '../../../src/domain/model/journal.ts';
import { DAY, MINUTE } from '../../../src/domain/time/duration.ts';
import { leaf, NOW, type NodeChange, node } from './alert-node.ts';

export const renew: Verdict = { kind: 'renew', code: 'DUE', why: 'due' };
export const escalate = (code: ReasonCode): Verdict => ({
  kind: 'escalate',
  code,
  why: 'not ours',
  remedy: 'Ask its owner',
});
export const key = (state: 'differs' | 'missing' | 'unreadable' | 'matches', readableByOthers = false) => ({
  state,
  path: '/k',
  mode: 0o644,
  readableByOthers,
});
export const stale = (days: number, expects = 'apiserver'): ServedCertificate => ({
  endpoint: { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects },
  state: 'stale',
  certificate: { serial: '0A', fingerprint: 'f', notAfter: NOW + days * DAY, subject: 'CN=apiserver' },
});
export const attempt = (result: Attempt['result']): Attempt => ({
  planId: 'p',
  startedAt: NOW - DAY,
  endedAt: NOW - DAY + MINUTE,
  result,
  trigger: 'schedule',
  error: { code: 'X', message: 'kube-apiserver did not come back' },
  granted: [],
});
export const copy = (result: CopyOutcome['result']): CopyOutcome => ({
  path: '/home/alice/.kube/config',
  user: 'alice',
  result,
  detail: 'because',
  certificates: [],
});
export const aliceLeaf = (days: number) =>
  leaf({
    id: 'alice',
    days,
    owner: 'copy',
    place: { kind: 'kubeconfig', path: '/home/alice/.kube/config', entry: 'user', name: 'admin', index: 0 },
  });
export const loopback = (days: number) => ({ notAfter: NOW + days * DAY, from: 'served' as const });
export const loaded = (id: string, component: ComponentName, modifiedAt: number) =>
  leaf({ id, days: 300, component, file: { mode: 0o600, uid: 0, gid: 0, modifiedAt, changedAt: modifiedAt } });
export const blocked = {
  kind: 'blocked' as const,
  blockers: [{ code: 'DISK_FULL' as const, why: 'the disk is full', remedy: 'Make room' }],
};

/** State of the node → code, severity, subject and members of every active alert. */
export type Case = [name: string, change: NodeChange, expected: [string, string, string, string[]][]];

export function testStanding(cases: Case[]): void {
  for (const [name, change, expected] of cases)
    test(`active: ${name}`, () => {
      const alerts = standingAlerts(node(change));
      const seen = alerts.map(({ code, severity, subject, facts }) => [code, severity, subject, Object.keys(facts)]);
      assert.deepEqual(seen, expected);
      for (const { text, remedy } of alerts) {
        assert.match(text, /^[\dA-Za-z].*[^.]\.$/, 'a sentence');
        assert.notEqual(remedy, '');
      }
    });
}
