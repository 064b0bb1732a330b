// `certagent renew NAME…` on throw-away nodes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAgent } from '../../src/daemon/agent.ts';
import { errorCode } from '../../src/domain/model/errors.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { anotherAgent, fingerprints, scene } from './support.ts';

const PKI = '/etc/kubernetes/pki';

/** Files whose content differs, or that are new. */
function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((path) => after[path] !== before[path]);
}

test('kubeadm: a named certificate is renewed although it is not due, served, and no other file changes', async (t) => {
  const { node, agent } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  const before = await fingerprints(node);
  const request = { force: false, only: ['apiserver'] };
  const { plan, renewal } = await agent.plan(request);
  assert.deepEqual(plan?.certificates, ['apiserver']);
  assert.equal(renewal.kind, 'now');
  const outcome = await agent.renew(request, () => {});
  assert.equal(outcome?.result, 'succeeded');
  assert.deepEqual(
    outcome?.granted.map(({ id }) => id),
    ['apiserver'],
  );
  assert.deepEqual(changed(before, await fingerprints(node)), [`${PKI}/apiserver.crt`, `${PKI}/apiserver.key`]);
  const { served } = await agent.check();
  assert.equal(served.find(({ endpoint }) => endpoint.expects === 'apiserver')?.state, 'current');
});

test('kubeadm: a renewal of two of which one fails is rolled back whole, and others are left alone', async (t) => {
  const { node, agent } = await scene(t, {
    kind: 'kubeadm',
    version: 'v1.36.3',
    days: 20,
    faults: { kubeadmFailsAt: 'scheduler.conf' },
  });
  const before = await fingerprints(node);
  const outcome = await agent.renew({ force: false, only: ['scheduler.conf', 'front-proxy-client'] }, () => {});
  assert.equal(outcome?.result, 'rolled-back');
  assert.deepEqual(await fingerprints(node), before);
});

test('kubeadm: a CA, and a name that is misspelt, are refused before anything is done', async (t) => {
  const { node, agent } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 20 });
  const before = await fingerprints(node);
  for (const [name, code, message] of [
    ['etcd-ca', 'CERTIFICATE_NOT_RENEWED', /etcd-ca is a CA/],
    ['apiservr', 'CERTIFICATE_UNKNOWN', /^this node has no certificate apiservr \(Did you mean apiserver\?\)/],
  ] as const) {
    const request = { force: false, only: ['admin.conf', name] };
    const matches = (error: Error) => errorCode(error) === code && message.test(error.message);
    await assert.rejects(agent.plan(request), matches);
    await assert.rejects(
      agent.renew(request, () => {}),
      matches,
    );
    await assert.rejects(agent.readers.plan(request), matches);
  }
  assert.deepEqual(await fingerprints(node), before);
});

test('K3s: a restart renews the named one and all others that are due', async (t) => {
  const { agent } = await scene(t, { kind: 'k3s-server', days: 20 });
  const outcome = await agent.renew({ force: false, only: ['client-admin'] }, () => {});
  assert.equal(outcome?.result, 'succeeded');
  assert.ok(outcome!.granted.some(({ id }) => id === 'client-admin'));
  assert.ok(outcome!.granted.length > 5);
});

test('kubeadm: interrupted between two of the named ones, the next start finishes or undoes these two alone', async (t) => {
  const { node, root } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  const before = await fingerprints(node);
  const stop = new AbortController();
  const first = await makeAgent({ root, configFile: CONFIG_FILE, now: Date.now, log: silentLog, signal: stop.signal });
  t.after(() => first.close());
  const only = ['front-proxy-client', 'scheduler.conf'];
  const renewing = first.renew({ force: false, only }, ({ title, state }) => {
    if (state === 'done' && title.endsWith('front-proxy-client')) stop.abort();
  });
  await assert.rejects(renewing, { code: 'INTERRUPTED' });
  const halfWay = changed(before, await fingerprints(node));
  assert.deepEqual(halfWay, [`${PKI}/front-proxy-client.crt`, `${PKI}/front-proxy-client.key`]);
  const next = await anotherAgent(t, root);
  await next.recover();
  const { attempts } = await next.history();
  assert.notEqual(attempts.at(-1)?.result, 'unfinished');
  const allowed = [...halfWay, '/etc/kubernetes/scheduler.conf'];
  for (const path of changed(before, await fingerprints(node))) assert.ok(allowed.includes(path), path);
});
