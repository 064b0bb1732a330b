// What certagent's client relies on of the Kubernetes API, as checks in an order that matters: of the stand-in in every test
// run (contract.test.ts), of a real kube-apiserver in `npm run test:real` (test/real/api.ts).
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run as printManifest } from '../../src/cli/commands/cluster-manifest.ts';
import type { Context } from '../../src/cli/context.ts';
import { makeAccessReader } from '../../src/cluster/api/access.ts';
import { type Api, makeApi } from '../../src/cluster/api/api.ts';
import type { ApiResult } from '../../src/cluster/api/result.ts';
import { readLease, writeLease } from '../../src/cluster/lease-object.ts';
import { listCluster } from '../../src/cluster/list-cluster.ts';
import { readServingRequests, writeEvent, writeLine } from '../../src/cluster/node-object.ts';
import { listServers } from '../../src/cluster/nodes.ts';
import { askReadyz } from '../../src/cluster/readyz.ts';
import { acquiring, creating, LEASE, type LeaseRecord, releasing, renewing } from '../../src/domain/cluster/lease.ts';
import type { NodeEvent } from '../../src/domain/cluster/node-events.ts';
import type { NodeLine } from '../../src/domain/cluster/node-line.ts';
import { Root } from '../../src/host/root.ts';
import { parseYaml } from '../../src/host/yaml.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { command, DAY, eventually } from '../testnode/support.ts';

/** Two API servers that share what they keep. */
export type Subject = {
  directory: string;
  urls: [own: string, peer: string];
  ca: Issued;
  admin: Issued;
  delete(path: string): Promise<void>;
  /** The token of a ServiceAccount that exists. */
  token(namespace: string, name: string): Promise<string>;
  /** Of the own one. */
  stop(): Promise<void>;
  start(): Promise<void>;
};

/** certagent: with the rules of `certagent cluster manifest`; nobody: with none; stranger: of another CA; forger: a wrong token. */
type User = 'admin' | 'kubelet' | 'certagent' | 'nobody' | 'stranger' | 'forger';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const OWN = `${LEASES}/${LEASE.name}`;
const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const NOW = Date.parse('2026-11-27T02:14:00.250Z');
/** Each write is of a later moment: one that changes nothing is not written. */
let moment = NOW;
const later = (): number => ++moment;
const LINE: NodeLine = { firstExpiry: NOW + DAY, state: 'ok', seen: NOW };
const EVENT: NodeEvent = { key: 'RENEWED 1', reason: 'CertificatesRenewed', type: 'Normal', message: 'renewed' };
/** More than one page of a list. */
const WORKERS = 120;

export const CHECKS: [name: string, check: (subject: Subject) => Promise<void>][] = [
  ['the objects and the users of a cluster are made', prepare],
  ['a Lease that does not exist is absent', async (of) => assert.equal((await readLease(as(of))).state, 'absent')],
  ['of two that create it at once, one does', createdOnce],
  ['of two that write at once, one does, forty times', writtenOnce],
  ['what is written is what others read', writtenWhole],
  ['a Lease that was deleted meanwhile is a conflict', deleted],
  ['a write that changes nothing keeps the version', unchanged],
  ['the rules of the manifest are enough', enough],
  ['the rules of the manifest allow nothing else', nothingElse],
  ['without rules everything is forbidden', forbidden],
  ['credentials of another cluster are refused', unauthorized],
  ['servers are found by their labels', async (of) => assert.deepEqual(value(await listServers(as(of))), SERVERS)],
  ['all Nodes are listed, page by page', listed],
  ['a kubelet annotates its own Node and no other', annotated],
  ['an Event is written once', event],
  ['requests for serving certificates, until they are decided', requests],
  ['while the own server is away, its peer answers', away],
];

const LEASE_BODY = {
  ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
  spec: { holderIdentity: 'cp-3', leaseDurationSeconds: 60 },
};

const SERVERS = [
  { name: 'cp-1', addresses: ['10.0.0.1'] },
  { name: 'cp-2', addresses: ['10.0.0.2'] },
];

const file = (user: User): string => `/${user}.conf`;

function as({ directory, urls }: Subject, user: User = 'admin', peers: string[] = []): Api {
  assert.ok(urls[0]);
  return makeApi({ access: makeAccessReader(new Root(directory), file(user)), peers: () => peers });
}

const value = <T>(answer: ApiResult<T>): T => {
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.value;
};
const kind = (answer: ApiResult<unknown>): string => (answer.ok ? 'ok' : answer.problem.kind);

async function lease(api: Api): Promise<LeaseRecord> {
  const seen = await readLease(api);
  assert.ok(seen.state === 'read', JSON.stringify(seen));
  return seen.record;
}

async function prepare(of: Subject): Promise<void> {
  await writeUser(of, 'admin', of.admin);
  await writeUser(of, 'kubelet', await issued(of.ca, 'system:node:cp-1', 'system:nodes'));
  const ca = await issueAuthority({
    commonName: 'kubernetes',
    notBefore: Date.now() - DAY,
    notAfter: Date.now() + DAY,
  });
  await writeUser(of, 'stranger', await issued(ca, 'root', 'system:masters'));
  await writeUser(of, 'forger', 'e30.e30.x');
  const api = as(of);
  for (const document of (await manifest()).split(/^---$/m)) await apply(api, parseYaml(document) as ApiBody);
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody', namespace: 'kube-system' } };
  await apply(api, account);
  for (const user of ['certagent', 'nobody'] as const) await writeUser(of, user, await of.token('kube-system', user));
  await apply(api, node('cp-1', { 'node-role.kubernetes.io/control-plane': '' }, '10.0.0.1'));
  await apply(api, node('cp-2', { 'node-role.kubernetes.io/etcd': '' }, '10.0.0.2'));
  for (let at = 0; at < WORKERS; at += 1) await apply(api, node(`worker-${at}`, {}, `10.0.1.${at}`));
}

async function createdOnce(of: Subject): Promise<void> {
  const states = (await Promise.all([0, 1].map(() => writeLease(as(of), creating(later()))))).map(({ state }) => state);
  assert.deepEqual(states.sort(), ['conflict', 'written']);
}

async function writtenOnce(of: Subject): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    const seen = await lease(as(of));
    const writes = ['cp-1', 'cp-2'].map((name) => writeLease(as(of), acquiring(name, seen, later())));
    const outcomes = await Promise.all(writes);
    assert.deepEqual(outcomes.map(({ state }) => state).sort(), ['conflict', 'written'], `round ${round}`);
    const won = outcomes[0]!.state === 'written' ? 'cp-1' : 'cp-2';
    assert.equal((await lease(as(of))).holder, won);
    const released = await writeLease(as(of), releasing(await lease(as(of)), later()));
    assert.ok(released.state === 'written' && released.record.holder === null, JSON.stringify(released));
    assert.equal((await writeLease(as(of), renewing(won, seen, later()))).state, 'conflict');
  }
}

async function writtenWhole(of: Subject): Promise<void> {
  const before = await lease(as(of));
  await writeLease(as(of), acquiring('cp-1', before, NOW));
  const { apiVersion, kind: word, spec } = value(await as(of).get(OWN)) as ApiBody & { spec: unknown };
  assert.deepEqual([apiVersion, word], ['coordination.k8s.io/v1', 'Lease']);
  const time = '2026-11-27T02:14:00.250000Z';
  const leaseTransitions = before.transitions + 1;
  const times = { acquireTime: time, renewTime: time };
  assert.deepEqual(spec, { holderIdentity: 'cp-1', leaseDurationSeconds: 60, leaseTransitions, ...times });
}

async function deleted(of: Subject): Promise<void> {
  const seen = await lease(as(of));
  await of.delete(OWN);
  assert.equal((await readLease(as(of))).state, 'absent');
  assert.equal((await writeLease(as(of), renewing('cp-1', seen, later()))).state, 'conflict');
  assert.equal((await readLease(as(of))).state, 'absent');
  // Why the uid is sent: without it the Lease would be there again, with a holder that nobody else has seen.
  value(await as(of).put(OWN, { ...LEASE_BODY, metadata: { ...LEASE, resourceVersion: seen.resourceVersion } }));
  assert.equal((await readLease(as(of))).state, 'read');
  await of.delete(OWN);
}

/** A write that changes nothing keeps the version, so that it cannot be told from one that was not carried out. */
async function unchanged(of: Subject): Promise<void> {
  value(await as(of).post(LEASES, { ...LEASE_BODY, metadata: LEASE }));
  const { resourceVersion } = await lease(as(of));
  value(await as(of).put(OWN, { ...LEASE_BODY, metadata: { ...LEASE, resourceVersion } }));
  assert.equal((await lease(as(of))).resourceVersion, resourceVersion);
  // A write that names no version is refused, and with another answer than one that is late.
  assert.equal(kind(await as(of).put(OWN, { ...LEASE_BODY, metadata: LEASE })), 'refused');
  await of.delete(OWN);
}

async function enough(of: Subject): Promise<void> {
  const api = as(of, 'certagent');
  assert.equal((await writeLease(api, creating(later()))).state, 'written');
  for (const write of [acquiring, renewing] as const)
    assert.equal((await writeLease(api, write('cp-1', await lease(api), later()))).state, 'written');
  assert.equal((await writeLease(api, releasing(await lease(api), later()))).state, 'written');
  assert.deepEqual(value(await listServers(api)), SERVERS);
  assert.equal(value(await listCluster(new Root(of.directory), file('certagent'))).nodes.length, WORKERS + 2);
  const access = value(await makeAccessReader(new Root(of.directory), file('certagent'))());
  const { hostname, port } = new URL(of.urls[0]);
  assert.deepEqual(await askReadyz(access, hostname, Number(port)), { ready: true, detail: 'ready' });
}

async function nothingElse(of: Subject): Promise<void> {
  const api = as(of, 'certagent');
  const other = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'other', namespace: 'kube-system' },
  };
  value(await as(of).post(LEASES, other));
  const answers = {
    'another Lease': await api.get(`${LEASES}/other`),
    'every Lease': await api.get(LEASES),
    'to write another Lease': await api.put(`${LEASES}/other`, other),
    Secrets: await api.get('/api/v1/namespaces/kube-system/secrets'),
    'to annotate a Node': await api.patch('/api/v1/nodes/cp-1', { metadata: { annotations: { a: 'b' } } }),
    Events: await api.post('/api/v1/namespaces/default/events', {}),
  };
  for (const [what, answer] of Object.entries(answers)) assert.equal(kind(answer), 'forbidden', what);
}

async function forbidden(of: Subject): Promise<void> {
  const api = as(of, 'nobody');
  const seen = await readLease(api);
  assert.ok(seen.state === 'unreadable' && seen.why === 'forbidden', JSON.stringify(seen));
  const outcome = await writeLease(api, acquiring('cp-1', await lease(as(of)), later()));
  assert.ok(outcome.state === 'refused' && outcome.why === 'forbidden', JSON.stringify(outcome));
  assert.equal(kind(await listServers(api)), 'forbidden');
}

async function unauthorized(of: Subject): Promise<void> {
  for (const user of ['stranger', 'forger'] as const) {
    const seen = await readLease(as(of, user));
    assert.ok(seen.state === 'unreadable' && seen.why === 'no-credentials', `${user}: ${JSON.stringify(seen)}`);
    const outcome = await writeLease(as(of, user), creating(later()));
    assert.ok(outcome.state === 'refused' && outcome.why === 'no-credentials', `${user}: ${JSON.stringify(outcome)}`);
  }
}

async function listed(of: Subject): Promise<void> {
  const { nodes, holder } = value(await listCluster(new Root(of.directory), file('admin')));
  assert.deepEqual([nodes.length, new Set(nodes.map(({ name }) => name)).size], [WORKERS + 2, WORKERS + 2]);
  assert.deepEqual(
    nodes.filter(({ isServer }) => isServer).map(({ name }) => name),
    ['cp-1', 'cp-2'],
  );
  assert.equal(holder, null);
}

async function annotated(of: Subject): Promise<void> {
  const kubelet = as(of, 'kubelet');
  const own = async () => value(await as(of).get('/api/v1/nodes/cp-1')) as ApiBody;
  assert.equal(value(await writeLine(kubelet, 'cp-1', LINE)), 'written');
  const { resourceVersion, annotations } = (await own()).metadata;
  assert.equal(annotations?.['certagent.io/state'], 'ok');
  assert.equal(annotations.other, 'stays');
  assert.equal(value(await writeLine(kubelet, 'cp-1', LINE)), 'same');
  assert.equal((await own()).metadata.resourceVersion, resourceVersion);
  assert.equal(kind(await writeLine(kubelet, 'cp-2', LINE)), 'forbidden');
  assert.equal(kind(await kubelet.patch('/api/v1/nodes/cp-2', { metadata: { annotations: { a: 'b' } } })), 'forbidden');
  assert.equal(
    kind(await readLease(kubelet).then((seen) => (seen.state === 'unreadable' ? kubelet.get(OWN) : kubelet.get('/')))),
    'forbidden',
  );
}

async function event(of: Subject): Promise<void> {
  const kubelet = as(of, 'kubelet');
  for (let time = 0; time < 2; time += 1) value(await writeEvent(kubelet, 'cp-1', EVENT, NOW));
  const { items } = value(await as(of).get('/api/v1/namespaces/default/events')) as { items: { reason: string }[] };
  assert.deepEqual(items.filter(({ reason }) => reason === EVENT.reason).length, 1);
}

async function requests(of: Subject): Promise<void> {
  const kubelet = as(of, 'kubelet');
  const request = await serverRequest(of.directory);
  const spec = { signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'], request };
  const names = async () => value(await readServingRequests(kubelet, 'cp-1')).map(({ name }) => name);
  for (const name of ['csr-1', 'csr-2'])
    value(
      await kubelet.post(REQUESTS, {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: { name },
        spec,
      }),
    );
  assert.deepEqual((await names()).sort(), ['csr-1', 'csr-2']);
  const made = value(await as(of).get(`${REQUESTS}/csr-1`)) as ApiBody;
  const approved = { type: 'Approved', status: 'True', reason: 'ByHand', message: '' };
  value(await as(of).put(`${REQUESTS}/csr-1/approval`, { ...made, status: { conditions: [approved] } }));
  assert.deepEqual(await names(), ['csr-2']);
}

async function away(of: Subject): Promise<void> {
  const api = as(of, 'certagent', [of.urls[1]]);
  assert.equal((await writeLease(api, acquiring('cp-1', await lease(api), later()))).state, 'written');
  await of.stop();
  assert.equal((await readLease(as(of, 'certagent'))).state, 'unreadable');
  assert.equal((await writeLease(api, renewing('cp-1', await lease(api), later()))).state, 'written');
  await of.start();
  // From the moment that it listens: whatever it answers while it starts, the Lease is renewed.
  for (let round = 0; round < 10; round += 1) {
    assert.equal((await writeLease(api, renewing('cp-1', await lease(api), later()))).state, 'written');
    await sleep(50);
  }
  await eventually(async () => (await readLease(as(of, 'certagent'))).state === 'read');
}

type ApiBody = {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
};

async function apply(api: Api, body: ApiBody): Promise<void> {
  const { apiVersion, kind: word, metadata } = body;
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const space = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  value(await api.post(`${group}${space}/${word.toLowerCase()}s`, body));
}

const node = (name: string, labels: Record<string, string>, address: string) => ({
  ...{ apiVersion: 'v1', kind: 'Node', metadata: { name, labels, annotations: { other: 'stays' } } },
  status: { addresses: [{ type: 'InternalIP', address }] },
});

async function manifest(): Promise<string> {
  let text = '';
  await printManifest({ stdout: { write: (more: string) => (text += more) } } as unknown as Context);
  return text;
}

function issued(ca: Issued, commonName: string, organization: string): Promise<Issued> {
  const subject = { commonName, organizations: [organization] };
  return issueCertificate({ ca, subject, usages: ['client'], notBefore: Date.now() - DAY, notAfter: Date.now() + DAY });
}

async function writeUser({ directory, urls, ca }: Subject, user: User, is: Issued | string): Promise<void> {
  const names = { cluster: 'kubernetes', user, server: urls[0], ca: { pem: ca.certificatePem } };
  const credentials = typeof is === 'string' ? { certificateFile: 'none', keyFile: 'none' } : is;
  const text = kubeconfigText({ ...names, credentials });
  const withToken = text.replace(/client-certificate: none\n\s*client-key: none/, `token: ${is}`);
  await writeFile(join(directory, file(user)), typeof is === 'string' ? withToken : text, { mode: 0o600 });
}

/** As the kubelet of cp-1 makes it, in base64. */
async function serverRequest(directory: string): Promise<string> {
  const subject = ['-subj', '/O=system:nodes/CN=system:node:cp-1', '-addext', 'subjectAltName=DNS:cp-1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(directory, 'csr.key')];
  const { code, stdout, stderr } = await command('openssl', ['req', '-new', ...key, ...subject]);
  assert.equal(code, 0, stderr);
  return Buffer.from(stdout).toString('base64');
}
