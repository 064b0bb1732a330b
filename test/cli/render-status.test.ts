import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { paintWith } from '../../src/cli/render/paint.ts';
import { renderStatus } from '../../src/cli/render/status.ts';
import { decide } from '../../src/domain/decide/decide.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { NOW as INVENTORY_NOW, inventoryOf, NO_HISTORY, NODE_KINDS, policyOf } from '../support/inventory.ts';
import { copy, HISTORY, NODE, NOW, report, row } from './reports.ts';

const saturday = Date.UTC(2026, 2, 7, 1, 14);
const inWindow = {
  kind: 'defer',
  until: saturday,
  code: 'MAINTENANCE_WINDOW',
  why: 'expires in 62 d; renewed in the maintenance window',
} as const;
const along = { kind: 'defer', until: saturday, code: 'GOES_ALONG', why: 'is renewed along' } as const;

/** Each is a node in a state a person can meet; test/golden/status-NAME.txt is what they read then. */
const NODES: Record<string, { report: StatusReport; width?: number; wide?: boolean }> = {
  quiet: { report: report({ lastAttempt: HISTORY.attempts[1]! }) },
  due: {
    report: report({
      certificates: [
        row('ca', 3000, { owner: 'cluster-ca', verdict: { kind: 'keep', until: null } }),
        row('apiserver-etcd-client', 120, { verdict: along }),
        row('apiserver', 62, { nearness: 'due', verdict: inWindow }),
        row('kubelet-client', 201, {
          owner: 'kubelet',
          path: '/var/lib/kubelet/pki/kubelet-client-current.pem',
          verdict: { kind: 'keep', until: null },
        }),
        row('kubelet-serving', 202, {
          owner: 'kubelet',
          path: '/var/lib/kubelet/pki/kubelet.crt',
          verdict: { kind: 'keep', until: null },
        }),
        row('/etc/ssl/ingress/shop.crt', 20, {
          owner: 'operator',
          nearness: 'urgent',
          verdict: {
            kind: 'escalate',
            code: 'OPERATOR_RENEWS',
            why: 'certagent does not renew it',
            remedy: 'Renew it.',
          },
        }),
      ],
      renewal: {
        kind: 'waiting',
        until: saturday,
        code: 'MAINTENANCE_WINDOW',
        ids: ['apiserver', 'apiserver-etcd-client'],
        why: 'apiserver expires in 62 d; renewed in the maintenance window',
      },
      alerts: [
        {
          alert: {
            code: 'CERTIFICATE_URGENT',
            severity: 'warning',
            subject: '/etc/ssl/ingress/shop.crt',
            text: 'shop.crt expires in 20 d.',
            remedy: 'Renew it where it came from.',
            facts: {},
          },
          since: NOW - 9 * DAY,
          lastSentAt: NOW - HOUR,
        },
      ],
      copies: [copy('alice', 'current'), copy('bob', 'refused', 'is a symbolic link')],
    }),
    width: 100,
  },
  trouble: {
    report: report({
      source: 'node',
      mode: 'observe',
      node: { ...NODE, missing: ['the kubelet configuration'] },
      certificates: [
        row('apiserver', -2, {
          nearness: 'expired',
          verdict: { kind: 'renew', code: 'EXPIRED', why: 'has expired' },
        }),
        row('front-proxy-client', 300, { nearness: 'not-yet-valid' }),
      ],
      renewal: {
        kind: 'blocked',
        ids: ['apiserver'],
        blockers: [{ code: 'KUBEADM_MISSING', why: 'kubeadm is not on this node', remedy: 'Install kubeadm.' }],
      },
      served: [
        {
          endpoint: { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects: 'apiserver' },
          state: 'stale',
          certificate: { serial: '0A', fingerprint: 'ff', notAfter: NOW - DAY, subject: 'CN=kube-apiserver' },
        },
        {
          endpoint: { name: 'etcd', host: '::1', port: 2379, expects: 'etcd-server' },
          state: 'unreachable',
          detail: 'ECONNREFUSED',
        },
      ],
      findings: [
        {
          path: '/etc/kubernetes/pki/evil\u001b[2J.crt',
          id: null,
          owner: 'kubeadm',
          reason: 'half-written',
          detail: 'a BEGIN without its END',
        },
      ],
      lastAttempt: HISTORY.attempts[0]!,
      configError: '/etc/certagent/config.toml is refused',
      failingSinks: ['ops-mail'],
      nextCheckAt: null,
    } as Partial<StatusReport>),
  },
  wide: {
    report: report({ certificates: [row('apiserver', 239, { sans: ['DNS:kubernetes', 'IP:10.96.0.1'] })] }),
    wide: true,
  },
  running: {
    report: report({
      certificates: [
        row('apiserver', 20, {
          nearness: 'urgent',
          verdict: { kind: 'renew', code: 'URGENT', why: 'expires in 20 d' },
        }),
      ],
      renewal: { kind: 'now', ids: ['apiserver'], why: 'apiserver expires in 20 d' },
      running: {
        planId: 'p',
        step: 3,
        steps: 9,
        title: 'Cycle kube-apiserver',
        state: 'waiting',
        detail: 'not healthy yet',
      },
      // Its own beginning, in the journal: not an unfinished renewal.
      lastAttempt: { ...HISTORY.attempts[0]!, planId: 'p', endedAt: null, result: 'unfinished' },
    }),
  },
  empty: {
    report: report({
      node: { ...NODE, name: 'laptop', distribution: null, role: null, version: null },
      certificates: [],
      renewal: { kind: 'none', nextAt: null },
    }),
  },
};

for (const [name, { report: given, ...options }] of Object.entries(NODES)) {
  test(`status of a node: ${name}`, async () => {
    const file = new URL(`../golden/status-${name}.txt`, import.meta.url);
    const text = renderStatus(given, options);
    if (process.env.UPDATE_GOLDEN === '1') await writeFile(file, text);
    assert.equal(text, await readFile(file, 'utf8'));
  });
}

test('an alert that is not sent says why', () => {
  const alert = { severity: 'warning', subject: 'node', text: 'It is so.', remedy: 'Do it.', facts: {} } as const;
  const notSent = { since: NOW - HOUR, lastSentAt: null };
  const text = renderStatus(
    report({
      alerts: [
        { ...notSent, alert: { ...alert, code: 'CLOCK_DOUBTFUL' }, heldUntil: NOW + HOUR },
        { ...notSent, alert: { ...alert, code: 'FILE_UNREADABLE' }, explainedBy: 'RESTART_HAZARD' },
      ],
    }),
  );
  assert.match(text, /It is so\. \(since .*; not sent before .*\)/);
  assert.match(text, /It is so\. \(since .*; explained by RESTART_HAZARD\)/);
});

test('no line is wider than the terminal', () => {
  for (const width of [80, 100, 120]) {
    for (const line of renderStatus(NODES.due!.report, { width }).split('\n')) {
      assert.ok(line.length <= width, `${line.length} > ${width}: ${line}`);
    }
  }
});

test('colour adds nothing but colour', () => {
  for (const { report: given } of Object.values(NODES)) {
    const coloured = renderStatus(given, { paint: paintWith });
    assert.match(coloured, /\u001b\[/);
    assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ''), renderStatus(given));
  }
});

test('what files contain cannot steer the terminal', () => {
  assert.doesNotMatch(renderStatus(NODES.trouble!.report), /\u001b/);
});

const RESTARTS: [version: string, id: string, next: string][] = [
  ['v1.32.3+k3s1', 'client-admin', 'renewal window opens 2026-07-31; a restart renews it in its last 90 d'],
  ['v1.33.3+k3s1', 'client-admin', 'renewal window opens 2026-07-31; a restart renews it in its last 120 d'],
  ['v1.28.15+k3s1', 'agent/client-kube-proxy', 'renewal window opens 2026-07-31; a restart renews it in its last 90 d'],
  ['v1.36.3+k3s1', 'agent/client-kube-proxy', 'renewal window opens 2026-07-31; any restart renews it'],
];
for (const [version, id, next] of RESTARTS)
  test(`K3s ${version}: what happens next with ${id}`, () => {
    const node = { ...NODE, distribution: 'k3s', role: 'server', version } as const;
    const shown = row(id, 240, { owner: 'k3s', path: `/var/lib/rancher/k3s/${id}.crt` });
    const text = renderStatus(report({ node, certificates: [shown] }));
    assert.match(text, new RegExp(` ${next}\n`));
  });

test('K3s: at every width of a terminal the names differ and no row is wider than it', () => {
  const leaves = [
    ...['admin', 'auth-proxy', 'controller', 'k3s-cloud-controller', 'kube-apiserver', 'kube-proxy', 'scheduler'].map(
      (name) => `client-${name}`,
    ),
    ...['client-supervisor', 'serving-kube-apiserver', 'etcd/client', 'etcd/peer-server-client', 'etcd/server-client'],
    ...['client-k3s-controller', 'client-kube-proxy', 'client-kubelet', 'serving-kubelet'].map(
      (name) => `agent/${name}`,
    ),
  ];
  const node = { ...NODE, distribution: 'k3s', role: 'server', version: 'v1.32.3+k3s1' } as const;
  const certificates = [
    ...leaves.map((id) => row(id, 200, { owner: 'k3s' })),
    row('etcd/peer-ca', 3000, { owner: 'cluster-ca', verdict: { kind: 'keep', until: null } }),
  ];
  const tableAt = (width: number) =>
    renderStatus(report({ node, certificates, alerts: [], served: [], copies: [] }), { width })
      .split('\n\n')
      .find((block) => block.startsWith('CERTIFICATE'))!
      .split('\n');
  for (let width = 60; width <= 140; width += 1) {
    const lines = tableAt(width);
    for (const line of lines) assert.ok(line.length <= width, `${width}: ${line}`);
    const names = lines.slice(1).flatMap((line) => (line.startsWith(' ') ? [] : [line.split(' ')[0]]));
    assert.equal(new Set(names).size, certificates.length, `${width}: ${names}`);
  }
  assert.match(tableAt(140)[0]!, /^CERTIFICATE +OWNER +EXPIRES +REMAINING +STATE +NEXT$/);
  assert.match(tableAt(80)[0]!, /^CERTIFICATE +EXPIRES +REMAINING +STATE +NEXT$/);
  assert.match(tableAt(60)[0]!, /^CERTIFICATE +REMAINING +NEXT$/);
});

for (const kind of NODE_KINDS)
  test(`${kind}: at 60, 80 and 120 columns every row fits and has a name of its own`, () => {
    const inventory = inventoryOf(kind, { days: 20 });
    const decided = decide({
      inventory,
      policy: policyOf(),
      history: NO_HISTORY,
      now: INVENTORY_NOW,
      request: { kind: 'schedule' },
    });
    const decisions = new Map(decided.certificates.map((decision) => [decision.id, decision]));
    const certificates = inventory.certificates.map((each) => ({ ...each, decision: decisions.get(each.id)! }));
    for (const width of [60, 80, 120]) {
      const given = report({ at: INVENTORY_NOW, node: inventory.node, certificates, renewal: decided.renewal });
      const all = renderStatus(given, { width })
        .split('\n\n')
        .find((block) => block.startsWith('CERTIFICATE'))!;
      const lines = all.split('\n');
      for (const line of lines) assert.ok(line.length <= width, `${width}: ${line}`);
      const names = lines.slice(1).flatMap((line) => (/^ |^The same CAs/.test(line) ? [] : [line.split(' ')[0]]));
      assert.equal(new Set(names).size, names.length, `${width}: ${names}`);
      assert.ok(names.length > 0);
    }
  });

test("the kubelet's certificate, where the key of its CA is not on the node: nobody promises that it is rotated", () => {
  const kept = { kind: 'keep', until: null } as const;
  const kubelet = row('kubelet-client', 201, {
    owner: 'kubelet',
    path: '/k/kubelet-client-current.pem',
    verdict: kept,
  });
  const shown = (owner: 'kubeadm' | 'external-ca') =>
    renderStatus(report({ certificates: [kubelet, row('apiserver', 201, { owner, verdict: kept })] }));
  assert.match(shown('kubeadm'), /the kubelet rotates it/);
  assert.match(shown('external-ca'), /kubelet-client .*not rotated unless another program signs: no CA key here/);
  assert.doesNotMatch(shown('external-ca'), /the kubelet rotates it/);
});

test('of a CA that is in several places, its own file is shown, whatever the names of the others', () => {
  const ca = row('etcd/server-ca', 3000, { owner: 'cluster-ca' });
  const behind = { ...ca, id: 'etcd/client#1', place: { ...ca.place, index: 1 } } as typeof ca;
  const isCa = (one: typeof ca) => ({ ...one, certificate: { ...one.certificate, isCa: true } });
  for (const both of [
    [ca, behind],
    [behind, ca],
  ]) {
    const text = renderStatus(report({ certificates: both.map(isCa) }));
    assert.match(text, /\netcd\/server-ca /);
    assert.doesNotMatch(text, /\netcd\/client#1 /);
  }
});
