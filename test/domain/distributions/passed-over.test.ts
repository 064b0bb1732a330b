// A restart of K3s that left one certificate as it was: it is reported, and K3s does not restart for it again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../../src/domain/model/decision.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, withCertificate } from '../../support/inventory.ts';
import { run } from '../decide/decide-parts.ts';
import { decisionOn, k3s, type Row, testVerdicts } from '../decide/policy-parts.ts';

const tried = (change: Partial<Attempt> = {}) => ({
  history: {
    attempts: [
      {
        planId: 'p',
        startedAt: NOW - 3 * DAY,
        endedAt: NOW - 3 * DAY + HOUR,
        result: 'failed',
        trigger: 'schedule',
        error: { code: 'NOT_RENEWED', message: 'client-scheduler: was not renewed' },
        granted: [],
        ...change,
      } satisfies Attempt,
    ],
  },
});

const due = { certificate: { notAfter: NOW + 20 * DAY } };
const stale = withCertificate(k3s(200), 'client-scheduler', due);
const ofAgent = 'agent/client-kube-proxy';
const written = { ...stale.certificates[0]!.file, modifiedAt: NOW - DAY };

const table: Row[] = [
  ['never tried', 'renew URGENT', 'client-scheduler', stale],
  ['left by a restart', 'escalate RESTART_PASSES_OVER', 'client-scheduler', stale, tried()],
  ['left by a restart, asked for by hand', 'renew URGENT', 'client-scheduler', stale, { ...tried(), manual: true }],
  ['another one, which is not due', 'keep', 'client-admin', stale, tried()],
  [
    'written since',
    'renew URGENT',
    'client-scheduler',
    withCertificate(stale, 'client-scheduler', { file: written }),
    tried(),
  ],
  ['the restart was undone', 'renew URGENT', 'client-scheduler', stale, tried({ result: 'rolled-back' })],
  [
    'the restart failed for another reason',
    'renew URGENT',
    'client-scheduler',
    stale,
    tried({ error: { code: 'NOT_READY', message: 'm' } }),
  ],
  ['the restart failed for no known reason', 'renew URGENT', 'client-scheduler', stale, tried({ error: null })],
  [
    'it was too early for a restart of an older version',
    'defer BACK_OFF',
    'client-scheduler',
    withCertificate(k3s(200), 'client-scheduler', { certificate: { notAfter: NOW + 89 * DAY } }),
    tried({ startedAt: NOW - 2 * DAY, endedAt: NOW }),
  ],
  ['under a clock that ran ahead', 'renew URGENT', 'client-scheduler', stale, tried({ startedAt: NOW + DAY })],
  ['nothing at all was renewed: tried again', 'renew URGENT', 'client-scheduler', k3s(20), tried()],
  [
    'the listener, which is renewed after the start',
    'renew URGENT',
    'dynamic-cert',
    withCertificate(k3s(200), 'dynamic-cert', due),
    tried(),
  ],
  [
    'fetched again at every start',
    'renew URGENT',
    'agent/client-kubelet',
    withCertificate(k3s(200), 'agent/client-kubelet', due),
    tried(),
  ],
  [
    'an agent gets what its servers hold',
    'renew URGENT',
    ofAgent,
    withCertificate(inventoryOf('k3s-agent'), ofAgent, due),
    tried(),
  ],
];

testVerdicts(table);

test('nothing else is due: K3s does not restart, and the file is reported', () => {
  assert.equal(run(stale, tried()).renewal.kind, 'none');
  const { verdict } = decisionOn('client-scheduler', stale, tried());
  assert.deepEqual(verdict, {
    kind: 'escalate',
    code: 'RESTART_PASSES_OVER',
    why: 'was not renewed by a restart of K3s; certagent does not restart K3s for it again',
    remedy:
      'Search the log of K3s for /var/lib/rancher/k3s/server/tls/client-scheduler.crt, then move this file and its key away: at its next start K3s makes the certificates that it uses.',
  });
});

test('the others are due: K3s is restarted for them', () => {
  const later = NOW + 180 * DAY;
  const { renewal } = run(stale, { ...tried(), now: later });
  assert.equal(renewal.kind, 'now');
  assert.ok(renewal.kind === 'now' && !renewal.ids.includes('client-scheduler') && renewal.ids.length > 5);
});
