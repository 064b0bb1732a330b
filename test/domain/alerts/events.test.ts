import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from '../../../src/domain/alerts/standing.ts';
import type { PlanOutcome } from '../../../src/domain/model/journal.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { NOW } from './alert-node.ts';
import { copy } from './alert-parts.ts';

const outcome = (change: Partial<PlanOutcome>): PlanOutcome => ({
  planId: 'p',
  result: 'succeeded',
  keptNew: false,
  error: null,
  granted: [{ id: 'a', notAfter: NOW + 365 * DAY }],
  ...change,
});
const silent = outcome({ result: 'failed', keptNew: true, granted: [] });
const failure = { code: 'X', message: 'did not come back', remedy: 'Look at its log' };

const EVENTS: [string, Parameters<typeof events>[0], [string, string, string][]][] = [
  ['nothing', { outcome: null, recovered: false, copies: [copy('current'), copy('left')] }, []],
  ['renewed', { outcome: outcome({}), recovered: false, copies: [] }, [['RENEWED', 'info', '1 certificate renewed.']]],
  [
    'restored',
    { outcome: outcome({ restores: 'old' }), recovered: false, copies: [] },
    [['RESTORED', 'info', '1 certificate restored from the backup old.']],
  ],
  [
    'a restore that was interrupted',
    { outcome: outcome({ restores: 'old', result: 'rolled-back', granted: [] }), recovered: true, copies: [] },
    [['RECOVERED', 'warning', 'An interrupted restore was undone when certagent started.']],
  ],
  [
    "renewed with kubeadm's defaults",
    {
      outcome: outcome({
        reported: [
          { code: 'KEY_TYPE_CHANGED', message: 'kubeadm gave an RSA 2048 key' },
          { code: 'SERVED_STALE', message: 'a server is slow' },
        ],
      }),
      recovered: false,
      copies: [],
    },
    [
      ['RENEWED', 'info', '1 certificate renewed.'],
      [
        'RENEWED_WITH_DEFAULTS',
        'warning',
        "kubeadm could not use the cluster's configuration, and renewed certificates with its defaults.",
      ],
    ],
  ],
  [
    'renewed, and two of its hooks failed',
    {
      outcome: outcome({
        reported: [
          { code: 'HOOK_FAILED', message: 'the hook /h exited with 1' },
          { code: 'HOOK_REFUSED', message: 'the hook /i is not run' },
        ],
      }),
      recovered: false,
      copies: [],
    },
    [
      ['RENEWED', 'info', '1 certificate renewed.'],
      ['HOOK_FAILED', 'warning', '2 hooks of the renewal p failed.'],
    ],
  ],
  [
    'failed: that is a state, not an event',
    { outcome: outcome({ result: 'failed', error: failure }), recovered: false, copies: [] },
    [],
  ],
  [
    'kept new',
    { outcome: outcome({ result: 'failed', keptNew: true, error: failure }), recovered: false, copies: [] },
    [
      [
        'RENEWAL_KEPT_NEW',
        'critical',
        'A renewal failed; the new certificates stay, because the previous ones had expired.',
      ],
    ],
  ],
  [
    'kept new, under a foreign CA',
    {
      outcome: outcome({ result: 'failed', keptNew: true, error: { ...failure, code: 'CA_CHANGED' } }),
      recovered: false,
      copies: [],
    },
    [
      [
        'RENEWAL_KEPT_NEW',
        'critical',
        'A renewal failed; the new certificates stay, because a restart has loaded a new CA.',
      ],
    ],
  ],
  [
    'new certificates kept, for an unknown reason',
    { outcome: silent, recovered: false, copies: [] },
    [
      [
        'RENEWAL_KEPT_NEW',
        'critical',
        'A renewal failed; the new certificates stay, because the previous ones had expired.',
      ],
    ],
  ],
  [
    'finished after a crash',
    { outcome: outcome({}), recovered: true, copies: [] },
    [
      ['RENEWED', 'info', '1 certificate renewed.'],
      ['RECOVERED', 'warning', 'An interrupted renewal was finished when certagent started.'],
    ],
  ],
  [
    'undone after a crash',
    { outcome: outcome({ result: 'rolled-back', granted: [] }), recovered: true, copies: [] },
    [['RECOVERED', 'warning', 'An interrupted renewal was undone when certagent started.']],
  ],
  [
    'ended after a crash, and nothing had been written',
    { outcome: outcome({ result: 'failed', granted: [] }), recovered: true, copies: [] },
    [['RECOVERED', 'warning', 'An interrupted renewal was ended as failed when certagent started.']],
  ],
  [
    'copies',
    { outcome: null, recovered: false, copies: [copy('updated'), { ...copy('created'), path: '/b', user: 'bob' }] },
    [['COPIES_UPDATED', 'info', '2 kubeconfig copies updated: alice and bob.']],
  ],
  [
    'a copy for a service, whose user is mostly root',
    {
      outcome: null,
      recovered: false,
      copies: [
        copy('updated'),
        { ...copy('created'), path: '/etc/nginx/ssl/k8s.pem', user: 'root', service: { reload: null, served: null } },
      ],
    },
    [['COPIES_UPDATED', 'info', '2 copies updated: alice and /etc/nginx/ssl/k8s.pem.']],
  ],
];
for (const [name, input, expected] of EVENTS)
  test(`event: ${name}`, () =>
    assert.deepEqual(
      events(input).map(({ code, severity, text }) => [code, severity, text]),
      expected,
    ));
