// What an operator sees of each situation, on both kinds of node: what is done, what is left alone, what is reported.
import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { STATE_DIR } from '../../src/host/root.ts';
import { rotateCas } from '../support/rotate-cas.ts';
import { run } from '../testnode/support.ts';
import { anotherAgent, fingerprints, maintenance, type SceneOptions, scene, toldAtLast } from './support.ts';

const yearAway = (status: StatusReport, ...ids: string[]) => {
  for (const id of ids) {
    const row = status.certificates.find((candidate) => candidate.id === id);
    assert.ok(row !== undefined, `${id} is in the status`);
    assert.ok(row.certificate.notAfter - status.at > 364 * DAY, `${id} was renewed`);
  }
};
const KEY_CERTIFICATES = {
  kubeadm: ['apiserver', 'admin.conf', 'etcd-server'],
  'k3s-server': ['serving-kube-apiserver', 'k3s.yaml', 'dynamic-cert'],
};
const KINDS = ['kubeadm', 'k3s-server'] as const;

for (const kind of KINDS) {
  describe(kind, { concurrency: 2 }, () => {
    const quiet: [string, SceneOptions, StatusReport['renewal']['kind']][] = [
      ['nothing due', { days: 200 }, 'none'],
      ['due, outside of the maintenance window', { days: 60, config: maintenance('later') }, 'waiting'],
      ['urgent, but only observing', { days: 20, config: 'mode = "observe"' }, 'observing'],
    ];
    for (const [what, options, renewal] of quiet) {
      test(`${what}: nothing is touched`, async (t) => {
        const { node, agent } = await scene(t, { kind, ...options });
        const before = await fingerprints(node);
        const status = await agent.check();
        assert.equal(status.renewal.kind, renewal);
        assert.equal(status.lastAttempt, null);
        assert.deepEqual(await fingerprints(node), before);
      });
    }

    const renewing: [string, SceneOptions][] = [
      ['due, inside of the maintenance window', { days: 60, config: maintenance('now') }],
      ['urgent, at whatever hour', { days: 20, config: maintenance('later') }],
      ['expired', { days: -2, config: maintenance('later') }],
    ];
    for (const [what, options] of renewing) {
      test(`${what}: renewed, served, copied and reported`, async (t) => {
        const { agent, inbox } = await scene(t, { kind, ...options });
        const status = await agent.check();
        assert.deepEqual(
          { result: status.lastAttempt?.result, error: status.lastAttempt?.error },
          { result: 'succeeded', error: null },
        );
        yearAway(status, ...KEY_CERTIFICATES[kind]);
        assert.ok(status.served.length > 0 && status.served.every(({ state }) => state === 'current'));
        assert.deepEqual(
          status.copies.map(({ user, result }) => `${user} ${result}`),
          ['alice updated'],
        );
        assert.deepEqual(status.alerts, []);
        assert.equal(status.renewal.kind, 'none');
        const all = await toldAtLast(inbox, 'event RENEWED', 'event COPIES_UPDATED');
        assert.ok(all.includes('event RENEWED') && all.includes('event COPIES_UPDATED'), all.join(', '));
        const again = await agent.check();
        assert.equal(again.lastAttempt?.planId, status.lastAttempt?.planId, 'no second renewal follows');
      });
    }
  });
}

test('an expired K3s v1.32.3, whose start would wait for its own expired listener for ever, is healed', async (t) => {
  const { agent } = await scene(t, { kind: 'k3s-server', days: -2, version: 'v1.32.3+k3s1' });
  const status = await agent.check();
  assert.deepEqual(
    { result: status.lastAttempt?.result, error: status.lastAttempt?.error },
    { result: 'succeeded', error: null },
  );
  yearAway(status, ...KEY_CERTIFICATES['k3s-server']);
});

describe('kubeadm in trouble', { concurrency: 2 }, () => {
  test('an external CA: the leaves under it are reported, nothing is run', async (t) => {
    const { node, agent, inbox } = await scene(t, { kind: 'kubeadm-external-ca', days: 20 });
    const before = await fingerprints(node);
    const status = await agent.check();
    const row = status.certificates.find(({ id }) => id === 'apiserver');
    assert.equal(row?.owner, 'external-ca');
    assert.equal(row.decision.verdict.kind, 'escalate');
    const after = await fingerprints(node);
    assert.equal(after['/etc/kubernetes/pki/apiserver.crt'], before['/etc/kubernetes/pki/apiserver.crt']);
    assert.ok((await toldAtLast(inbox, 'raised RENEWAL_NOT_OURS')).includes('raised RENEWAL_NOT_OURS'));
  });

  const failing: [string, SceneOptions['faults'], RegExp, 'failed' | 'rolled-back'][] = [
    ['kubeadm exits 0 without renewing', { kubeadm: 'exit0-not-renewed' }, /NOT_RENEWED/, 'rolled-back'],
    ['kubeadm fails half-way', { kubeadmFailsAt: 'etcd-peer' }, /KUBEADM/, 'rolled-back'],
    [
      'kubeadm leaves a new key beside an empty certificate',
      { kubeadmFailsAt: 'apiserver', kubeadmTears: true },
      /KUBEADM/,
      'rolled-back',
    ],
    [
      'a component does not come back with the new certificates',
      { rejectsRenewed: ['kube-scheduler'] },
      /./,
      'rolled-back',
    ],
    ['the previous certificate stays in use', { servesStale: ['kube-apiserver'] }, /SERVED|STALE/, 'rolled-back'],
  ];
  for (const [what, faults, code, result] of failing) {
    test(`${what}: certificates and manifests do not change, and an alert is raised`, async (t) => {
      const { node, agent, inbox } = await scene(t, {
        kind: 'kubeadm',
        days: 20,
        ...(faults === undefined ? {} : { faults }),
      });
      const before = await fingerprints(node);
      const status = await agent.check();
      assert.equal(status.lastAttempt?.result, result);
      assert.match(status.lastAttempt?.error?.code ?? '', code);
      const after = await fingerprints(node);
      for (const [path, sha256] of Object.entries(before)) {
        if (!path.includes('/manifests/')) assert.equal(after[path], sha256, path);
      }
      assert.deepEqual(Object.keys(after), Object.keys(before), 'no file more, no file less');
      const raised = await toldAtLast(inbox, 'raised RENEWAL_ROLLED_BACK');
      assert.ok(raised.includes('raised RENEWAL_ROLLED_BACK'), raised.join(', '));
      assert.equal((await agent.check()).lastAttempt?.planId, status.lastAttempt?.planId, 'the back-off holds');
    });
  }

  test('what failed succeeds after its cause is gone, and the alert is cleared', async (t) => {
    const { node, agent, inbox } = await scene(t, { kind: 'kubeadm', days: 20, faults: { kubeadm: 'exit1' } });
    assert.equal((await agent.check()).lastAttempt?.result, 'rolled-back');
    await node.faults({ kubeadm: 'none' });
    assert.equal((await agent.renew({ force: false }, () => {}))?.result, 'succeeded');
    const all = await toldAtLast(inbox, 'cleared RENEWAL_ROLLED_BACK', 'event RENEWED');
    assert.ok(all.includes('cleared RENEWAL_ROLLED_BACK'), all.join(', '));
    assert.ok(
      inbox.webhooks.some((body) => JSON.parse(body).data.allClear === true),
      'all clear is sent',
    );
  });
});

describe('K3s in trouble', { concurrency: 2 }, () => {
  test('due by the configuration, but outside of the window of this version: not restarted, and said why', async (t) => {
    const { node, agent } = await scene(t, {
      kind: 'k3s-server',
      version: 'v1.32.1+k3s1',
      days: 110,
      config: `[windows]\nopens = "115d"\n${maintenance('now')}`,
    });
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.equal(status.lastAttempt, null);
    assert.match(
      JSON.stringify(status.renewal) + JSON.stringify(status.certificates.map(({ decision }) => decision.verdict)),
      /K3S_OPENS_ABOVE_WINDOW/,
    );
    assert.deepEqual(await fingerprints(node), before);
  });

  const tls = 'var/lib/rancher/k3s/server/tls';
  const hazards: [string, (root: string) => Promise<void>][] = [
    ['the key of the client CA is missing', (root) => rm(join(root, tls, 'client-ca.key'))],
    ['a CA is missing', (root) => rm(join(root, tls, 'server-ca.crt'))],
    ['a CA cannot be parsed', (root) => writeFile(join(root, tls, 'request-header-ca.crt'), 'garbage')],
    ['a leaf is garbage', (root) => writeFile(join(root, tls, 'client-admin.crt'), 'garbage')],
    ['a leaf is empty', (root) => writeFile(join(root, tls, 'serving-kube-apiserver.crt'), '')],
    [
      "a CA's key is another's",
      async (root) => writeFile(join(root, tls, 'client-ca.key'), await readFile(join(root, tls, 'server-ca.key'))),
    ],
  ];
  // One node for all: K3s is never restarted, and what is damaged is put back.
  test('a hazard in the files of K3s', async (t) => {
    const { node, inbox, root } = await scene(t, { kind: 'k3s-server', days: 20 });
    const kept = join(node.root, 'kept');
    await cp(join(node.root, tls), kept, { recursive: true, preserveTimestamps: true });
    for (const [what, damage] of hazards) {
      await t.test(`${what}: K3s is not restarted, and an alert says so`, async (t) => {
        inbox.webhooks.length = 0;
        await rm(root.at(STATE_DIR), { recursive: true, force: true });
        const agent = await anotherAgent(t, root);
        await damage(node.root);
        const before = await fingerprints(node);
        const status = await agent.check();
        assert.equal(status.renewal.kind, 'blocked');
        assert.equal(status.lastAttempt, null);
        assert.deepEqual(await fingerprints(node), before);
        await assert.rejects(
          agent.renew({ force: false }, () => {}),
          { code: 'RENEWAL_BLOCKED' },
        );
        const raised = /^raised (RESTART_HAZARD|RENEWAL_BLOCKED)$/;
        const all = await toldAtLast(inbox, raised);
        assert.ok(
          all.some((line) => raised.test(line)),
          all.join(', '),
        );
      });
      await cp(kept, join(node.root, tls), { recursive: true, preserveTimestamps: true });
    }
  });

  test('stopped on purpose, with expired certificates: certagent leaves it stopped and reports it', async (t) => {
    const { node, agent, inbox } = await scene(t, { kind: 'k3s-server', days: -2 });
    await run(node, 'usr/bin/systemctl', 'stop', 'k3s');
    const { renewal, lastAttempt } = await agent.check();
    assert.equal(lastAttempt, null);
    assert.equal((await run(node, 'usr/bin/systemctl', 'is-active', 'k3s')).stdout.trim(), 'inactive');
    assert.deepEqual(renewal.kind === 'blocked' && renewal.blockers.map(({ code }) => code), ['UNIT_NOT_RUNNING']);
    await toldAtLast(inbox, 'raised RENEWAL_BLOCKED');
  });

  test('a restart that loads a foreign CA is critical, and no CA is put back', async (t) => {
    const { node, agent, inbox } = await scene(t, {
      kind: 'k3s-server',
      days: 20,
      faults: { k3s: 'new-ca-on-restart' },
    });
    const ca = join(node.root, tls, 'client-ca.crt');
    const before = await readFile(ca, 'utf8');
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error?.code], ['failed', 'CA_CHANGED']);
    assert.notEqual(await readFile(ca, 'utf8'), before);
    const failed = status.alerts.find(({ alert }) => alert.code === 'RENEWAL_FAILED')?.alert;
    assert.equal(failed?.severity, 'critical');
    assert.match(failed?.remedy ?? '', /hand out new kubeconfigs/);
    assert.ok((await toldAtLast(inbox, 'event RENEWAL_KEPT_NEW')).includes('event RENEWAL_KEPT_NEW'));
  });

  test('a rotation of the CAs that was stored before takes effect, and copies get the new CAs', async (t) => {
    const { node, agent } = await scene(t, { kind: 'k3s-server', days: 20 });
    await rotateCas(node);
    const plan = await agent.plan();
    assert.match(plan.plan?.warnings?.join() ?? '', /rotate-ca holds new CAs, which the present CAs have signed/);
    const status = await agent.check();
    assert.equal(status.lastAttempt?.result, 'succeeded');
    assert.deepEqual(
      status.copies.map(({ result }) => result),
      ['updated'],
    );
    const copy = await readFile(join(node.root, 'home/alice/.kube/config'), 'utf8');
    assert.equal(copy, await readFile(join(node.root, 'etc/rancher/k3s/k3s.yaml'), 'utf8'));
    assert.equal((await agent.plan()).plan, null);
  });

  test('renew --force: every leaf that a restart would keep is new, and the copies of the keys are reported', async (t) => {
    const { node, agent, inbox } = await scene(t, { kind: 'k3s-server', days: 300 });
    const plan = await agent.plan({ force: true });
    assert.match(plan.plan?.warnings?.join() ?? '', /server\/tls-<unixtime>\. Remove it/);
    // Each CA once, and not again behind each leaf that it signed.
    const planned = plan.decisions.map(({ id }) => id);
    assert.ok(planned.includes('client-ca') && planned.includes('client-admin'), planned.join());
    assert.ok((await agent.status()).certificates.some(({ id }) => id === 'client-admin#1'));
    assert.deepEqual(
      planned.filter((id) => id.includes('#')),
      [],
    );
    const outcome = await agent.renew({ force: true }, () => {});
    assert.deepEqual([outcome?.result, outcome?.error], ['succeeded', null]);
    const status = await agent.check();
    yearAway(status, 'client-admin', 'serving-kube-apiserver', 'etcd/client', 'k3s.yaml');
    const left = status.alerts.find(({ alert }) => alert.code === 'KEY_COPIES_LEFT')?.alert;
    assert.deepEqual([left?.severity, Object.keys(left?.facts ?? {}).length], ['info', 1]);
    assert.deepEqual(
      status.copies.map(({ result }) => result),
      ['current'],
    );
    await toldAtLast(inbox, 'event RENEWED');
    assert.equal((await run(node, 'usr/bin/systemctl', 'is-active', 'k3s')).stdout.trim(), 'active');
  });

  for (const k3s of ['does-not-renew', 'listener-stays-old', 'never-ready'] as const) {
    test(`${k3s}: the renewal does not succeed`, async (t) => {
      const { agent, inbox } = await scene(t, { kind: 'k3s-server', days: 20, faults: { k3s } });
      const status = await agent.check();
      assert.notEqual(status.lastAttempt?.result, 'succeeded');
      assert.ok(status.lastAttempt !== null);
      const raised = /^raised RENEWAL_(FAILED|ROLLED_BACK)$/;
      const all = await toldAtLast(inbox, raised);
      assert.ok(
        all.some((line) => raised.test(line)),
        all.join(', '),
      );
    });
  }
});
