// What certagent does on kubeadm nodes that are not as kubeadm would make them.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAgent } from '../../src/daemon/agent.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { readNodeRecord, writeNodeRecord } from '../../testnode/options.ts';
import { eventually } from '../testnode/support.ts';
import { anotherAgent, configure, fingerprints, maintenance, scene, told, toldAtLast } from './support.ts';

const PKI = 'etc/kubernetes/pki';

test('a chain in apiserver.crt: the renewal is blocked, the file is named, nothing is touched', async (t) => {
  const { node, agent } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 20 });
  const ca = await readFile(join(node.root, PKI, 'ca.crt'));
  await writeFile(join(node.root, PKI, 'apiserver.crt'), ca, { flag: 'a' });
  const before = await fingerprints(node);
  const status = await agent.check();
  assert.ok(status.renewal.kind === 'blocked');
  assert.deepEqual(
    status.renewal.blockers.map(({ code }) => code),
    ['CHAIN_IN_FILE'],
  );
  assert.match(status.renewal.blockers[0]!.why, /\/etc\/kubernetes\/pki\/apiserver\.crt/);
  assert.deepEqual(await fingerprints(node), before);
});

test('renewed while kubeadm cannot reach the API: its defaults are reported before and after, and nothing is rolled back', async (t) => {
  const { agent, inbox } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: -1, keys: 'ec' });
  const { plan } = await agent.plan({ force: false });
  assert.match(plan!.warnings!.join(), /its defaults: RSA 2048 keys.*renew\.kubeadm_config/);
  const outcome = await agent.renew({ force: false }, () => {});
  assert.equal(outcome?.result, 'succeeded');
  assert.deepEqual(
    outcome.reported?.map(({ code }) => code),
    ['KEY_TYPE_CHANGED'],
  );
  assert.ok((await toldAtLast(inbox, 'event RENEWED_WITH_DEFAULTS')).includes('event RENEWED_WITH_DEFAULTS'));
});

test('a cluster of v1.28 renewed by v1.36: the group that kubeadm takes away is no failure', async (t) => {
  const { node, agent } = await scene(t, { kind: 'kubeadm', version: 'v1.28.15', days: 20 });
  writeNodeRecord(node.root, { ...readNodeRecord(node.root), version: 'v1.36.3' });
  const groups = async () => {
    const { certificates } = await agent.status();
    return certificates.find(({ id }) => id === 'apiserver-etcd-client')!.certificate.organizations;
  };
  assert.deepEqual(await groups(), ['system:masters']);
  const { lastAttempt } = await agent.check();
  assert.deepEqual([lastAttempt?.result, lastAttempt?.error], ['succeeded', null]);
  assert.deepEqual(await groups(), []);
});

for (const version of ['v1.22.3', 'v1.36.3'])
  test(`without the key of etcd's CA, ${version}: its leaves are reported, all others are renewed`, async (t) => {
    const { node, agent } = await scene(t, { kind: 'kubeadm', version, days: 20 });
    await rm(join(node.root, PKI, 'etcd/ca.key'));
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error], ['succeeded', null]);
    for (const { id, owner, certificate, decision } of status.certificates) {
      const isEtcds = id.startsWith('etcd-') && id !== 'etcd-ca';
      if (isEtcds || id === 'apiserver-etcd-client') {
        assert.ok(decision.verdict.kind === 'escalate', id);
        assert.deepEqual([owner, decision.verdict.code], ['external-ca', 'EXTERNAL_CA']);
      } else if (owner === 'kubeadm') assert.ok(certificate.notAfter > status.at + 364 * DAY, `${id} is renewed`);
    }
    const alerts = status.alerts.map(({ alert: { code, subject } }) => `${code} ${subject}`);
    assert.deepEqual(alerts, ['RENEWAL_NOT_OURS EXTERNAL_CA']);
  });

test('a component that is not healthy for a moment: the renewal waits, and nobody is alerted', async (t) => {
  const { node, agent, inbox } = await scene(t, { kind: 'kubeadm', days: 20, config: 'mode = "observe"' });
  await agent.check();
  const scheduler = agent.view()!.inventory.preconditions.components.find(({ name }) => name === 'kube-scheduler')!;
  await node.faults({ neverComesBack: ['kube-scheduler'] });
  process.kill(scheduler.pid!);
  await eventually(async () => (await agent.plan({ force: false, enabled: true })).renewal.kind === 'blocked');
  await configure(node, 'mode = "renew"\n', inbox);
  await agent.reload();
  await agent.check();
  const { alerts } = await agent.status();
  const blocked = alerts.find(({ alert }) => alert.code === 'RENEWAL_BLOCKED')!;
  assert.equal(blocked.alert.severity, 'critical');
  assert.ok('heldUntil' in blocked && blocked.heldUntil! > Date.now());
  await node.faults({ neverComesBack: [] });
  await eventually(async () => (await agent.check()).lastAttempt?.result === 'succeeded');
  await agent.deliver();
  assert.deepEqual(
    told(inbox).filter((line) => line.includes('RENEWAL_')),
    [],
  );
});

test('right after a reload the status is that of the new configuration', async (t) => {
  const { node, agent } = await scene(t, { kind: 'kubeadm', days: 60, config: maintenance('later') });
  const seen = async () => {
    const { renewal, alerts } = await agent.status();
    return [renewal.kind, alerts.map(({ alert }) => alert.code)];
  };
  await agent.check();
  assert.deepEqual(await seen(), ['waiting', ['CERTIFICATE_EXPIRING']]);
  await configure(node, 'mode = "observe"');
  await agent.reload();
  assert.deepEqual(await seen(), ['observing', ['OBSERVING']]);
  await configure(node, 'mode = "renew"\n[windows]\nopens = "40d"');
  await agent.reload();
  assert.deepEqual(await seen(), ['none', []]);
  await configure(node, 'nonsense = 1');
  await assert.rejects(agent.reload(), { code: 'CONFIG_REFUSED' });
  assert.deepEqual(await seen(), ['none', ['CONFIG_REFUSED']]);
});

test('right after a reload before the first check, too', async (t) => {
  const { node, agent } = await scene(t, { kind: 'kubeadm', days: 60, config: 'mode = "observe"' });
  assert.equal((await agent.status()).renewal.kind, 'observing');
  await configure(node, 'mode = "renew"\n[windows]\nopens = "40d"');
  await agent.reload();
  assert.equal((await agent.status()).renewal.kind, 'none');
});

test('an interrupted renewal is tried again at the next check, and reported as an event only', async (t) => {
  const { root, inbox } = await scene(t, { kind: 'kubeadm', days: 20, config: maintenance('now') });
  const stop = new AbortController();
  const agent = await makeAgent({ root, configFile: CONFIG_FILE, now: Date.now, log: silentLog, signal: stop.signal });
  const abort = ({ step }: { step: number }) => {
    if (step === 3) stop.abort();
  };
  await assert.rejects(agent.renew({ force: false }, abort), { code: 'INTERRUPTED' });
  await agent.close();
  const next = await anotherAgent(t, root);
  await next.recover();
  const recovered = await next.status();
  assert.deepEqual(
    [recovered.lastAttempt?.result, recovered.lastAttempt?.error?.code, recovered.renewal.kind],
    ['rolled-back', 'INTERRUPTED', 'now'],
  );
  assert.equal((await next.check()).lastAttempt?.result, 'succeeded');
  const all = await toldAtLast(inbox, 'event RECOVERED', 'event RENEWED');
  assert.ok(all.includes('event RECOVERED') && !all.some((line) => line.includes('RENEWAL_')), all.join(', '));
});
