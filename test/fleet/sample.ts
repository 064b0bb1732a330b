// Sixty nodes of twenty sites, as they are on an ordinary day: most are fine, a few need somebody, two do not answer.

import type { Alert } from '../../src/domain/alerts/alert.ts';
import type { FleetAnswer, FleetStatus } from '../../src/domain/fleet/model.ts';
import type { Attempt } from '../../src/domain/model/decision.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time/duration.ts';
import { NODE, NOW, report, row } from '../cli/reports.ts';

const SITES = [
  'aarhus',
  'bergen',
  'bilbao',
  'brno',
  'cork',
  'dresden',
  'gdansk',
  'ghent',
  'graz',
  'kaunas',
  'leeds',
  'lille',
  'linz',
  'lund',
  'oslo',
  'porto',
  'riga',
  'tampere',
  'turin',
  'utrecht',
];

type Change = { days?: number; alerts?: StatusReport['alerts']; more?: Partial<StatusReport> };

/** What is not ordinary. */
const CHANGES: Record<string, Change> = {
  'bilbao/k3s-1': {
    days: -2,
    alerts: [
      active(
        'CERTIFICATE_EXPIRED',
        'critical',
        '12 certificates have expired: client-admin, client-controller and 10 more.',
        'Renew now: certagent renew',
        2 * DAY,
      ),
      active(
        'RENEWAL_BLOCKED',
        'critical',
        'The renewal of 12 certificates is blocked: the clock is not synchronised.',
        'Synchronise the clock: timedatectl set-ntp true',
        41 * DAY,
      ),
    ],
    more: {
      renewal: {
        kind: 'blocked',
        ids: ['client-admin'],
        blockers: [
          { code: 'CLOCK_DOUBTFUL', why: 'the clock is not synchronised', remedy: 'timedatectl set-ntp true' },
        ],
      },
    },
  },
  'oslo/k3s-2': {
    days: 5,
    alerts: [
      active(
        'CERTIFICATE_URGENT',
        'critical',
        '2 certificates expire soon: serving-kubelet and client-kubelet.',
        'See why: certagent plan --now',
        25 * DAY,
      ),
    ],
  },
  'ghent/k3s-1': {
    days: 24,
    alerts: [
      active(
        'RENEWAL_ROLLED_BACK',
        'warning',
        'The last renewal failed and was rolled back.',
        'See: certagent history',
        9 * HOUR,
      ),
    ],
    more: { lastAttempt: attempt(9 * HOUR, 'rolled-back') },
  },
  'riga/k3s-3': {
    days: 61,
    alerts: [
      active(
        'COPY_NOT_UPDATED',
        'warning',
        'A kubeconfig copy could not be updated: /home/ci/.kube/config.',
        'See: certagent sync --dry-run',
        3 * DAY,
      ),
    ],
  },
  'lund/k3s-1': {
    days: 74,
    more: { mode: 'observe' },
    alerts: [
      active(
        'OBSERVING',
        'info',
        '9 certificates are due, and certagent only observes.',
        'To let it renew: certagent enable',
        16 * DAY,
      ),
    ],
  },
  'cork/k3s-2': {
    days: 83,
    alerts: [
      active(
        'CERTIFICATE_EXPIRING',
        'info',
        '9 certificates are due and will be renewed in the maintenance window.',
        '',
        7 * DAY,
      ),
    ],
  },
  'porto/k3s-1': { days: 312, more: { lastAttempt: attempt(53 * DAY, 'succeeded') } },
  'turin/k3s-2': { days: 364, more: { lastAttempt: attempt(7 * HOUR, 'succeeded') } },
  'leeds/k3s-1': { days: 363, more: { lastAttempt: attempt(31 * HOUR, 'succeeded') } },
};

const SILENT: Record<string, string> = {
  'admin@kaunas-k3s-3': 'ssh: connect to host kaunas-k3s-3 port 22: No route to host',
  'admin@graz-k3s-1': 'no answer after 10 s',
};

/** `now` moves all of it, so that a picture shows a later day. */
export function sampleFleet(): FleetAnswer[] {
  const nodes = SITES.flatMap((site, s) =>
    [1, 2, 3].map((n) => ({ site, name: `k3s-${n}`, spread: (s * 37 + n * 53) % 170 })),
  );
  return [
    ...nodes
      .filter(({ site, name }) => SILENT[`admin@${site}-${name}`] === undefined)
      .map(({ site, name, spread }): FleetAnswer => {
        const change = CHANGES[`${site}/${name}`] ?? {};
        return {
          host: `admin@${site}-${name}`,
          askedAt: NOW,
          status: node(site, name, change.days ?? 130 + spread, change),
        };
      }),
    ...Object.entries(SILENT).map(([host, silent]): FleetAnswer => ({ host, silent })),
  ];
}

function node(site: string, name: string, days: number, { alerts = [], more = {} }: Change): FleetStatus {
  const nearnessOf = (left: number) => (left < 0 ? 'expired' : left < 30 ? 'urgent' : left < 90 ? 'due' : 'valid');
  const leaf = (id: string, left: number) => row(id, left, { owner: 'k3s', nearness: nearnessOf(left) });
  return report({
    node: { ...NODE, name, distribution: 'k3s', role: name === 'k3s-3' ? 'agent' : 'server', version: 'v1.33.1+k3s1' },
    labels: { site },
    certificates: [
      leaf('client-admin', days),
      leaf('client-kube-proxy', days + 0.2),
      leaf('serving-kubelet', days + 21),
      row('client-ca', 3100 + days, { owner: 'cluster-ca', verdict: { kind: 'keep', until: null } }),
    ],
    renewal: { kind: 'none', nextAt: NOW + (days - 90) * DAY },
    alerts,
    ...more,
  });
}

function active(code: Alert['code'], severity: Alert['severity'], text: string, remedy: string, age: number) {
  return {
    alert: { code, severity, subject: 'node', text, remedy, facts: {} },
    since: NOW - age,
    lastSentAt: NOW - age,
  };
}

function attempt(age: number, result: Attempt['result']): Attempt {
  return {
    planId: 'p1',
    startedAt: NOW - age,
    endedAt: NOW - age + 2 * MINUTE,
    result,
    trigger: 'schedule',
    error:
      result === 'succeeded' ? null : { code: 'UNIT_NOT_READY', message: 'k3s was not ready 5 min after its restart' },
    granted: [{ id: 'client-admin', notAfter: NOW + 365 * DAY }],
  };
}
