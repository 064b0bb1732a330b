// A node set up by hand: nothing of it is renewed, and the remedy names the units to restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { servedStale } from '../../../src/domain/alerts/detect/servers.ts';
import { rulesOf } from '../../../src/domain/distributions/index.ts';
import { makePlan } from '../../../src/domain/plan/planner.ts';
import { addCertificate, inventoryOf, NOW, SETTINGS } from '../../support/inventory.ts';
import { run } from '../decide/decide-parts.ts';

const DATA = '/var/lib/kubernetes';

test('nothing is ever renewed, whatever expires and whoever asks', () => {
  const request = fc.constantFrom(
    { kind: 'schedule' as const },
    { kind: 'manual' as const, force: false },
    { kind: 'manual' as const, force: true },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: -400, max: 400 }),
      fc.integer({ min: -10, max: 4_000 }),
      request,
      (days, caDays, by) => {
        const inventory = inventoryOf('hard-way', { days, caDays });
        const decisions = run(inventory, { request: by });
        assert.equal(decisions.renewal.kind, 'none');
        assert.ok(
          decisions.certificates.every(({ verdict }) => verdict.kind === 'keep' || verdict.kind === 'escalate'),
        );
        assert.equal(makePlan({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW }), null);
      },
    ),
  );
});

test('the remedy names each unit whose flags name the file', () => {
  const inventory = addCertificate(inventoryOf('hard-way', { days: 10 }), 'own', 10);
  const { certificates } = run(inventory);
  const remedies = certificates.flatMap(({ id, verdict }) =>
    verdict.kind === 'escalate' ? [[id, verdict.code, verdict.remedy]] : [],
  );
  assert.deepEqual(remedies, [
    [
      `${DATA}/kubernetes.pem`,
      'OPERATOR_RENEWS',
      `Replace ${DATA}/kubernetes.pem and its key by a pair with the same names, then run: systemctl restart kube-apiserver etcd`,
    ],
    [
      `${DATA}/kube-scheduler.kubeconfig`,
      'OPERATOR_RENEWS',
      `Replace the certificate and the key in ${DATA}/kube-scheduler.kubeconfig by a pair with the same names, then run: systemctl restart kube-scheduler`,
    ],
    ['own', 'OPERATOR_RENEWS', 'Renew it where it comes from: certagent only watches this file.'],
  ]);
});

test('the rules have no steps', () => {
  const draft = {
    inventory: inventoryOf('hard-way'),
    settings: SETTINGS,
    renewed: [],
    backup: '/b',
    isMaintenance: true,
    heals: [],
  };
  assert.deepEqual(rulesOf('hard-way').steps(draft), []);
});

test('what serves another certificate than its file is named with its unit', () => {
  const inventory = inventoryOf('hard-way');
  const served = inventory.served.map((one) => ({
    endpoint: one.endpoint,
    state: 'stale' as const,
    certificate: { serial: '01', fingerprint: 'aa', notAfter: NOW, subject: 'CN=old' },
  }));
  const state = { inventory: { ...inventory, served }, now: NOW } as Parameters<typeof servedStale>[0];
  assert.deepEqual(
    servedStale(state).map(({ subject, remedy }) => [subject, remedy]),
    [
      ['kube-apiserver', 'Make kube-apiserver load what is on disk: systemctl restart kube-apiserver'],
      ['etcd-peer', 'Make etcd-peer load what is on disk: systemctl restart etcd'],
    ],
  );
});
