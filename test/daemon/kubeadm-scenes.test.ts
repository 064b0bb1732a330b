// What certagent does on kubeadm nodes that are not as kubeadm would make them.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { fingerprints, scene } from './support.ts';

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
