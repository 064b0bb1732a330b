// What a check has found, written to the Node with the kubelet's credentials.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Reported, reportNode } from '../../src/cluster/report-node.ts';
import type { NodeEvent } from '../../src/domain/cluster/node-events.ts';
import type { NodeLine } from '../../src/domain/cluster/node-line.ts';
import { HOUR } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import type { ApiServer } from '../../testnode/api/server.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { issueCertificate } from '../../testnode/pki.ts';
import { directoryFor, serverFor } from './support.ts';

const NOW = Date.parse('2026-11-27T02:14:00Z');
const NODES = '/api/v1/nodes';
const EVENTS = '/api/v1/namespaces/default/events';
const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const line: NodeLine = { firstExpiry: NOW + 24 * HOUR, state: 'ok', seen: NOW };
const event: NodeEvent = { key: 'RENEWED 1', reason: 'CertificatesRenewed', type: 'Normal', message: 'renewed' };

/** The kubelet of cp-1, whose Node is there unless it is left out. */
async function kubelet(t: TestContext, nodes = ['cp-1', 'cp-2']) {
  const server = await serverFor(t);
  for (const name of nodes)
    server.objects.put(NODES, {
      metadata: { name, annotations: { other: 'stays' } },
      spec: { podCIDR: '10.1.0.0/24' },
    });
  const directory = await directoryFor(t);
  const user = 'system:node:cp-1';
  const credentials = await issueCertificate({
    ca: server.ca,
    subject: { commonName: user, organizations: ['system:nodes'] },
    usages: ['client'],
    notBefore: Date.now() - HOUR,
    notAfter: Date.now() + HOUR,
  });
  const ca = { pem: server.ca.certificatePem };
  const text = kubeconfigText({ server: server.url, ca, cluster: 'kubernetes', user, credentials });
  await writeFile(join(directory, 'kubelet.conf'), text);
  const report = (name = 'cp-1', what: NodeLine = line, events: NodeEvent[] = [], now = NOW): Promise<Reported> =>
    reportNode(
      new Root(directory),
      { name, kubeconfig: '/kubelet.conf' },
      { line: what, events, now },
      AbortSignal.timeout(300_000),
    );
  return { server, report };
}

const writes = ({ seen }: ApiServer) => seen.filter((request) => !request.startsWith('GET '));

test('the annotations of its Node, once for as long as they stay the same; the rest of it is as it was', async (t) => {
  const { server, report } = await kubelet(t);
  assert.deepEqual(await report(), { sent: [], requests: [], failed: null });
  await report();
  assert.deepEqual(writes(server), ['PATCH /api/v1/nodes/cp-1']);
  const node = server.objects.get(`${NODES}/cp-1`)!;
  assert.deepEqual(node.spec, { podCIDR: '10.1.0.0/24' });
  assert.deepEqual(node.metadata.annotations, {
    other: 'stays',
    'certagent.io/first-expiry': '2026-11-28T02:14:00Z',
    'certagent.io/state': 'ok',
    'certagent.io/seen': '2026-11-27T02:14:00Z',
  });
  await report('cp-1', { ...line, firstExpiry: null });
  assert.equal(server.objects.get(`${NODES}/cp-1`)!.metadata.annotations?.['certagent.io/first-expiry'], undefined);
});

test('no other Node can be written', async (t) => {
  const { server, report } = await kubelet(t);
  const { failed } = await report('cp-2', line, [event]);
  assert.match(failed ?? '', /403/);
  assert.deepEqual(writes(server), []);
});

test('an Event on the Node, which the API has once, also after a restart of certagent', async (t) => {
  const { server, report } = await kubelet(t);
  assert.deepEqual((await report('cp-1', line, [event])).sent, [event.key]);
  assert.deepEqual(await report('cp-1', line, [event], NOW + HOUR), { sent: [event.key], requests: [], failed: null });
  const [made, ...others] = server.objects.list(EVENTS);
  assert.deepEqual(others, []);
  assert.match(made!.metadata.name, /^cp-1\.[0-9a-f]{16}$/);
  assert.partialDeepStrictEqual(made, {
    involvedObject: { kind: 'Node', name: 'cp-1' },
    reason: 'CertificatesRenewed',
    type: 'Normal',
    message: 'renewed',
    firstTimestamp: '2026-11-27T02:14:00Z',
    source: { component: 'certagent', host: 'cp-1' },
  });
});

test('what this kubelet has asked for and nobody has decided', async (t) => {
  const { server, report } = await kubelet(t);
  const request = (name: string, spec: object, status: object = {}) =>
    server.objects.put(REQUESTS, {
      metadata: { name, creationTimestamp: `2026-11-27T0${name.at(-1)}:00:00Z` },
      spec: { signerName: 'kubernetes.io/kubelet-serving', username: 'system:node:cp-1', ...spec },
      status,
    });
  request('csr-3', {});
  request('csr-2', {});
  request('csr-1', {}, { conditions: [{ type: 'Approved' }] });
  request('csr-4', { username: 'system:node:cp-2' });
  request('csr-5', { signerName: 'kubernetes.io/kube-apiserver-client-kubelet' });
  const { requests } = await report();
  assert.deepEqual(
    requests?.map(({ name }) => name),
    ['csr-2', 'csr-3'],
  );
  assert.deepEqual(writes(server), ['PATCH /api/v1/nodes/cp-1'], 'nothing is approved');
});

for (const [what, faults, failed] of [
  ['that is broken', { mode: 'broken' }, /500/],
  ['that asks to wait', { retryAfter: 30 }, /429/],
  ['that lies', { mode: 'garbage' }, /not this Node/],
  ['that forbids Events', { forbidden: ['create events'] }, /403/],
] as const)
  test(`an API ${what}: it is said, and nothing is thrown`, async (t) => {
    const { server, report } = await kubelet(t);
    server.faults({ ...faults, forbidden: 'forbidden' in faults ? [...faults.forbidden] : [] });
    const reported = await report('cp-1', line, [event]);
    assert.deepEqual(reported.sent, []);
    assert.match(reported.failed ?? '', failed);
  });
