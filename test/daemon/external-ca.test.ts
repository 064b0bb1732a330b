// Certificates that a CA elsewhere signs: kubeadm nodes in external CA mode, signed by Debian's `openssl ca`.

import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { InstallFile } from '../../src/domain/model/requests-report.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { readAnswers } from '../../src/host/exchange-files.ts';
import { readKey, readLeaf } from '../../src/host/leaf.ts';
import { REQUESTS_DIR } from '../../src/host/request-files.ts';
import { publicKeyOfPrivate } from '../../src/host/x509.ts';
import { type OpensslCa, opensslCa } from '../../testnode/openssl-ca.ts';
import { selfSigned } from '../support/self-signed.ts';
import {
  anotherAgent,
  fingerprints,
  maintenance,
  type Scene,
  type SceneOptions,
  scene,
  toldAtLast,
} from './support.ts';

const PKI = '/etc/kubernetes/pki';
const quiet = (): void => {};
type External = Scene & { ca: OpensslCa; work: string };

/** A node on which the key of one CA is not: the `openssl ca` elsewhere has it. */
async function external(t: TestContext, authority = 'ca', options: Partial<SceneOptions> = {}): Promise<External> {
  const made = await scene(t, { kind: 'kubeadm', days: 20, ...options });
  const work = await mkdtemp(join(tmpdir(), 'certagent-ca-'));
  t.after(() => rm(work, { recursive: true, force: true }));
  const key = made.root.at(`${PKI}/${authority}.key`);
  const [certificate, keyPem] = await Promise.all([
    readFile(made.root.at(`${PKI}/${authority}.crt`), 'utf8'),
    readFile(key, 'utf8'),
  ]);
  await rm(key);
  return { ...made, ca: opensslCa(join(work, 'ca'), certificate, keyPem), work };
}

/** Writes the requests that wait to a directory, as `certagent csr --out` does. */
async function requestsIn({ agent, work }: External, names: string[] = [], fresh = false): Promise<string> {
  const to = join(work, 'csr');
  await rm(to, { recursive: true, force: true });
  await mkdir(to);
  const { requests } = await agent.csr({ names, fresh, drop: false });
  for (const { id, csr } of requests) await writeFile(join(to, `${id}.csr`), csr);
  return to;
}

async function answered(made: External, names: string[] = []): Promise<InstallFile[]> {
  const from = await requestsIn(made, names);
  const to = join(made.work, 'signed');
  made.ca.signAll(from, to);
  return readAnswers([to]);
}

const OF_CA = [
  'admin.conf',
  'apiserver',
  'apiserver-kubelet-client',
  'controller-manager.conf',
  'scheduler.conf',
  'super-admin.conf',
];

describe('certificates of a CA elsewhere', { concurrency: 2 }, () => {
  it('are requested with the previous names and new keys, signed by openssl ca, installed, and served', async (t) => {
    const made = await external(t);
    const { agent, root, node } = made;
    const before = await fingerprints(node);
    const first = await agent.csr({ names: [], fresh: false, drop: false });
    assert.deepEqual(
      first.requests.map(({ id }) => id),
      OF_CA,
    );
    assert.ok(first.requests.every(({ isNew }) => isNew));
    const server = first.requests.find(({ id }) => id === 'apiserver');
    const { certificate: previous } = await readLeaf(root, `${PKI}/apiserver.crt`);
    assert.deepEqual(server?.sans, previous.sans);
    assert.equal(server?.keyType, previous.keyType);
    assert.notEqual(server?.publicKey, previous.publicKey);
    assert.deepEqual(await fingerprints(node), before, 'a request changes nothing of the node');

    // Nobody but root can read the keys, and a request that waits keeps its key.
    assert.equal((await stat(root.at(REQUESTS_DIR))).mode & 0o777, 0o700);
    for (const name of await readdir(root.at(REQUESTS_DIR)))
      assert.equal((await stat(root.at(`${REQUESTS_DIR}/${name}`))).mode & 0o777, 0o600, name);
    const again = await (await anotherAgent(t, root)).csr({ names: [], fresh: false, drop: false });
    assert.deepEqual(
      again.requests.map(({ csr, isNew }) => [csr, isNew]),
      first.requests.map(({ csr }) => [csr, false]),
    );

    const files = await answered(made);
    const planned = await agent.installPlan({ files });
    assert.deepEqual([planned.refused, planned.blockers, planned.waiting], [[], [], []]);
    assert.deepEqual(planned.plan?.certificates, OF_CA);
    assert.deepEqual(await fingerprints(node), before, 'a plan changes nothing');
    const outcome = await agent.install({ files }, quiet);
    assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
    assert.equal(outcome?.granted.length, OF_CA.length);

    const { certificate, pem } = await readLeaf(root, `${PKI}/apiserver.crt`);
    assert.equal(certificate.publicKey, server?.publicKey);
    assert.ok(certificate.notAfter > Date.now() + 300 * DAY);
    assert.ok(pem.length > 0);
    for (const conf of ['admin', 'super-admin', 'controller-manager', 'scheduler']) {
      const leaf = await readLeaf(root, `/etc/kubernetes/${conf}.conf`);
      assert.equal(publicKeyOfPrivate(await readKey(root, `/etc/kubernetes/${conf}.conf`)), leaf.certificate.publicKey);
      assert.ok(leaf.certificate.notAfter > Date.now() + 300 * DAY, conf);
    }
    const status = await agent.status();
    assert.ok(
      status.served.every(({ state }) => state === 'current'),
      'the servers serve what was installed',
    );
    assert.ok(
      status.certificates.every(({ decision, owner }) => owner !== 'external-ca' || decision.nearness === 'valid'),
    );
    // The copies of users follow.
    assert.deepEqual(
      status.copies.map(({ result }) => result),
      ['updated'],
    );
    // No key is left that nothing needs.
    assert.deepEqual(await readdir(root.at(REQUESTS_DIR)), []);
    assert.ok(!(await readdir(root.at('/var/lib/certagent'))).includes('installing'));
    assert.ok((await toldAtLast(made.inbox, 'event RENEWED')).includes('event RENEWED'));
  });
});

/** What a person may bring by mistake: of each, nothing is installed, and the reason is named. */
type Wrong = [
  what: string,
  make: (made: External, from: string, to: string) => Promise<unknown> | unknown,
  why: RegExp,
];

const WRONG: Wrong[] = [
  [
    'an expired one',
    ({ ca }, from, to) => ca.signAll(from, to, { from: '20200101000000Z', until: '20210101000000Z' }),
    /expired on 2021-01-01/,
  ],
  [
    'one of the future',
    ({ ca }, from, to) => ca.signAll(from, to, { from: '20600101000000Z', until: '20610101000000Z' }),
    /not valid before 2060/,
  ],
  ['one that expires sooner', ({ ca }, from, to) => ca.signAll(from, to, { days: 10 }), /must expire later/],
  ['one that outlives its CA', ({ ca }, from, to) => ca.signAll(from, to, { days: 9_000 }), /after its CA on/],
  [
    'without the names',
    ({ ca }, from, to) => ca.signAll(from, to, { extensions: 'extendedKeyUsage = serverAuth' }),
    /lacks DNS:/,
  ],
  [
    'without the usages',
    ({ ca }, from, to) => ca.signAll(from, to, { extensions: 'subjectAltName = DNS:kubernetes' }),
    /lacks (DNS|IP)/,
  ],
  [
    'another subject',
    ({ ca }, from, to) => ca.signAll(from, to, { subject: '/O=system:masters/CN=kube-apiserver' }),
    /has the subject/,
  ],
  ['one signed with SHA-1', ({ ca }, from, to) => ca.signAll(from, to, { digest: 'sha1' }), /is signed with .*SHA1/i],
  ['garbage', (_, __, to) => writeFile(join(to, 'a.pem'), 'what is this'), /holds no certificate/],
  [
    'half a file',
    async ({ ca }, from, to) => {
      const [path] = ca.signAll(from, to);
      await writeFile(path!, (await readFile(path!, 'utf8')).slice(0, 300));
    },
    /not complete/,
  ],
  [
    'a private key',
    async ({ ca }, _, to) => copyFile(join(ca.directory, 'ca.key'), join(to, 'a.key')),
    /holds a private key/,
  ],
  ['20 MB', (_, __, to) => writeFile(join(to, 'a.pem'), Buffer.alloc(20 * 1024 * 1024)), /larger than 1 MiB/],
  ['a link', ({ ca }, _, to) => symlink(join(ca.directory, 'ca.crt'), join(to, 'a.pem')), /is a symbolic link/],
  ['a directory in it', (_, __, to) => mkdir(join(to, 'a')), /is not a regular file/],
  ['nothing', () => {}, /holds no certificate/],
];

describe('wrong answers', () => {
  it('are named one by one, and nothing is installed', async (t) => {
    const made = await external(t, 'ca', { kind: 'kubeadm-external-etcd' });
    const { agent, node, work } = made;
    const from = await requestsIn(made, ['apiserver']);
    const before = await fingerprints(node);
    for (const [what, make, why] of WRONG) {
      const to = join(work, 'answer');
      await rm(to, { recursive: true, force: true });
      await mkdir(to);
      await make(made, from, to);
      const files = await readAnswers([to]);
      const { plan, refused } = await agent.installPlan({ files });
      assert.equal(plan, null, what);
      assert.match(refused.map((each) => each.why).join('\n'), why, what);
      await assert.rejects(agent.install({ files }, quiet), { code: 'INSTALL_REFUSED' }, what);
    }
    // Another CA of the same name; and the answer to a request that was made again.
    const other = opensslCa(join(work, 'other'), ...(await otherCa(work)));
    other.signAll(from, join(work, 'of-other'));
    const ofOther = await agent.installPlan({ files: await readAnswers([join(work, 'of-other')]) });
    assert.match(ofOther.refused[0]?.why ?? '', /was signed by "CN=kubernetes", and not by the CA in/);
    made.ca.signAll(from, join(work, 'earlier'));
    await requestsIn(made, ['apiserver'], true);
    const earlier = await agent.installPlan({ files: await readAnswers([join(work, 'earlier')]) });
    assert.match(earlier.refused[0]?.why ?? '', /and another key: it answers an earlier request/);
    assert.deepEqual(
      await agent
        .installPlan({ files: [{ name: '/nowhere', refused: 'does not exist' }] })
        .then(({ refused }) => refused),
      [{ file: '/nowhere', why: 'does not exist' }],
    );
    assert.deepEqual(await fingerprints(node), before, 'nothing was changed');
  });

  it('of some requests only: those are installed, with the chain and under any name; the others wait', async (t) => {
    const made = await external(t, 'front-proxy-ca', { kind: 'kubeadm-external-etcd' });
    const { agent, ca, work, root } = made;
    const from = await requestsIn(made);
    assert.deepEqual(await readdir(from), ['front-proxy-client.csr']);
    await assert.rejects(agent.csr({ names: ['apiserver'], fresh: false, drop: false }), { code: 'CSR_REFUSED' });
    const [path] = ca.signAll(from, join(work, 'signed'));
    const chain = `${await readFile(path!, 'utf8')}${await readFile(join(ca.directory, 'ca.crt'), 'utf8')}`;
    await writeFile(join(work, 'whatever.txt'), `Bag attributes\n${chain}`);
    const outcome = await agent.install({ files: await readAnswers([join(work, 'whatever.txt')]) }, quiet);
    assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
    const text = await readFile(root.at(`${PKI}/front-proxy-client.crt`), 'utf8');
    assert.equal(text.split('BEGIN').length, 2, 'the leaf alone');
  });

  it('of the CA of etcd alone, on a running node: etcd serves them, and kubeadm renews the rest', async (t) => {
    const made = await external(t, 'etcd/ca');
    const { agent } = made;
    const files = await answered(made);
    assert.deepEqual((await agent.installPlan({ files })).accepted.map(({ id }) => id).sort(), [
      'apiserver-etcd-client',
      'etcd-healthcheck-client',
      'etcd-peer',
      'etcd-server',
    ]);
    const outcome = await agent.install({ files }, quiet);
    assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
    const rest = await agent.renew({ force: false, accepts: false }, quiet);
    assert.equal(rest?.result, 'succeeded', rest?.error?.message);
    const status = await agent.status();
    assert.ok(status.served.every(({ state }) => state === 'current'));
    assert.ok(status.certificates.every(({ owner, decision }) => owner === 'kubelet' || decision.nearness === 'valid'));
  });

  it('that the node does not take is undone, and its request waits on', async (t) => {
    const made = await external(t, 'ca', {
      kind: 'kubeadm-external-etcd',
      faults: { rejectsRenewed: ['kube-scheduler'] },
    });
    const { agent, node, inbox } = made;
    const files = await answered(made, ['scheduler.conf', 'apiserver']);
    const credentials = async () =>
      Object.entries(await fingerprints(node)).filter(([path]) => !path.includes('manifests'));
    const before = await credentials();
    const outcome = await agent.install({ files }, quiet);
    assert.equal(outcome?.result, 'rolled-back', outcome?.error?.message);
    assert.deepEqual(await credentials(), before);
    const { requests } = await agent.csr({ names: ['apiserver'], fresh: false, drop: false });
    assert.deepEqual(
      requests.map(({ id, isNew }) => [id, isNew]),
      [
        ['apiserver', false],
        ['scheduler.conf', false],
      ],
    );
    assert.ok((await toldAtLast(inbox, 'raised REQUEST_WAITING')).includes('raised REQUEST_WAITING'));
    const dropped = await agent.csr({ names: ['apiserver', 'scheduler.conf'], fresh: false, drop: true });
    assert.deepEqual([dropped.requests, dropped.dropped], [[], ['apiserver', 'scheduler.conf']]);
    await agent.check();
    assert.ok((await toldAtLast(inbox, 'cleared REQUEST_WAITING')).includes('cleared REQUEST_WAITING'));
  });
});

async function otherCa(work: string): Promise<[string, string]> {
  const [key, certificate] = [join(work, 'k'), join(work, 'c')];
  selfSigned(work, { key, certificate, commonName: 'kubernetes', days: 30 });
  return [await readFile(certificate, 'utf8'), await readFile(key, 'utf8')];
}

describe('external_ca.command', () => {
  it('signs in the maintenance window; its failure is an alert, and it is not called again at once', async (t) => {
    const config = `${maintenance('now')}[external_ca]\ncommand = ["/opt/sign", "now"]\n`;
    const made = await external(t, 'ca', { kind: 'kubeadm-external-etcd', days: 20, config });
    const { agent, node, root, inbox, ca, work } = made;
    const program = root.at('/opt/sign');
    await mkdir(dirname(program), { recursive: true });
    const note = join(work, 'calls');
    const write = (script: string) =>
      writeFile(program, `#!/bin/sh\nPATH=/usr/bin:/bin\necho "$1" >> ${note}\n${script}\n`);
    await write('echo "no answer from the CA" >&2; exit 3');
    await chmod(program, 0o755);
    const calls = async () => (await readFile(note, 'utf8').catch(() => '')).split('\n').length - 1;

    const first = await agent.check();
    const failing = first.alerts.find(({ alert }) => alert.code === 'SIGNING_FAILED');
    assert.equal(failing?.alert.severity, 'critical');
    assert.match(failing?.alert.text ?? '', /exited with 3: no answer from the CA\.$/);
    await agent.check();
    assert.equal(await calls(), 1, 'the second check was too early');
    assert.ok((await toldAtLast(inbox, 'raised SIGNING_FAILED')).includes('raised SIGNING_FAILED'));

    // What it may not change, and what is wrong with its answer, is found before anything is touched.
    const before = await fingerprints(node);
    const later = await anotherAgent(t, root, () => Date.now() + 2 * HOUR);
    const sign = (days: number) =>
      `for r in "$CERTAGENT_REQUESTS"/*.csr; do openssl x509 -req -in "$r" -CA ${ca.directory}/ca.crt -CAkey ${ca.directory}/ca.key -CAcreateserial -copy_extensions copy -days ${days} -out "$CERTAGENT_ANSWERS/$(basename "$r").pem" || exit 1; done`;
    await write(sign(10));
    const refused = (await later.check()).alerts.find(({ alert }) => alert.code === 'SIGNING_FAILED');
    assert.match(refused?.alert.text ?? '', /failed 2 times.*must expire later/);
    assert.deepEqual(await fingerprints(node), before);

    await write(sign(365));
    const last = await anotherAgent(t, root, () => Date.now() + 8 * HOUR);
    const status = await last.check();
    assert.equal(status.lastAttempt?.result, 'succeeded', status.lastAttempt?.error?.message);
    assert.ok(
      status.certificates.every(({ owner, decision }) => owner !== 'external-ca' || decision.nearness === 'valid'),
    );
    assert.ok(status.alerts.every(({ alert }) => alert.code !== 'SIGNING_FAILED'));
    assert.equal(await calls(), 3);
    assert.ok(!(await readdir(root.at('/var/lib/certagent'))).includes('signing'));
    assert.deepEqual(await readdir(root.at(REQUESTS_DIR)), []);
  });
});
