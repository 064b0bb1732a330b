// Users' own certificates, requested from the cluster of a throw-away node whose API server and signer are stand-ins.
import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { renderStatus } from '../../src/cli/render/status.ts';
import { makeAccessReader } from '../../src/cluster/api/access.ts';
import { type Api, makeApi } from '../../src/cluster/api/api.ts';
import type { CertagentError } from '../../src/domain/model/errors.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { currentEntries, parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { readKey, readLeaf } from '../../src/host/leaf.ts';
import { publicKeyOfPrivate } from '../../src/host/x509.ts';
import { CSRS } from '../../testnode/api/signing.ts';
import type { Issued } from '../../testnode/pki.ts';
import { NANAS_FILE as FILE, giveEmbedded, giveFiles, issued, NANA, NANAS_PAIR } from '../support/nana.ts';
import { configure, maintenance, type Scene, type SceneOptions, scene, toldAtLast } from './support.ts';

const entry = (more = '') =>
  `[[users.certificates]]\nkubeconfig = "${FILE}"\nuser = "nana"\ngroups = ["developers"]\n${more}`;

type Users = Scene & { api: Api; ca: Issued };

async function users(t: TestContext, config: string, options: Partial<SceneOptions> = {}, top = ''): Promise<Users> {
  const people = [{ name: 'nana', ...NANA, kubeconfig: 'none' as const }];
  const made = await scene(t, {
    ...{ kind: 'kubeadm', days: 300, users: people },
    ...options,
    config: `${top}${maintenance('now')}${config}`,
  });
  // Nana must be able to reach her home below it.
  chmodSync(made.node.root, 0o755);
  chmodSync(join(made.node.root, 'home'), 0o755);
  const access = makeAccessReader(made.root, '/etc/kubernetes/admin.conf');
  const [certificatePem = '', keyPem = ''] = await Promise.all(
    ['crt', 'key'].map((ending) => readFile(made.root.at(`/etc/kubernetes/pki/ca.${ending}`), 'utf8')),
  );
  return { ...made, api: makeApi({ access, peers: () => [] }), ca: { certificatePem, keyPem } };
}

function embedded({ root, ca, node }: Users, credentials: Issued): void {
  giveEmbedded(root, node, ca, credentials);
}

async function inFile({ root }: Users) {
  const { certificate } = await readLeaf(root, FILE);
  const isPair = publicKeyOfPrivate(await readKey(root, FILE)) === certificate.publicKey;
  const days = Math.round((certificate.notAfter - Date.now()) / DAY);
  return { isPair, days, who: certificate.subject, groups: certificate.organizations };
}

/** As if certagent had never seen the file. */
async function fresh({ root }: Users): Promise<void> {
  await rm(root.at(FILE), { force: true });
  await rm(root.at('/var/lib/certagent/users.json'), { force: true });
}

type Csr = { metadata: { name: string }; spec: Record<string, unknown>; status?: { conditions?: { type: string }[] } };

async function csrs({ api }: Users): Promise<Csr[]> {
  const answer = await api.get(CSRS);
  assert.ok(answer.ok);
  return (answer.value as { items: Csr[] }).items;
}

/** As `kubectl certificate approve` and `deny`. */
async function decide(made: Users, type: 'Approved' | 'Denied'): Promise<void> {
  for (const csr of await csrs(made)) {
    const conditions = [{ type, status: 'True', reason: 'KubectlDecided', message: 'by a person' }];
    const done = await made.api.put(`${CSRS}/${csr.metadata.name}/approval`, { ...csr, status: { conditions } });
    assert.ok(done.ok);
  }
}

const ownOf = async ({ agent }: Users) => (await agent.check()).copies.find(({ path }) => path === FILE);

describe("users' certificates", { concurrency: 2 }, () => {
  it('are requested in their window, approved where that is configured, and written as the user, with the configured groups', async (t) => {
    const made = await users(t, entry('approve = true'));
    embedded(made, await issued(made.ca, 20));
    const copy = await ownOf(made);
    assert.equal(copy?.result, 'updated', copy?.detail);
    assert.deepEqual(await inFile(made), {
      isPair: true,
      days: 90,
      who: 'O=developers, CN=nana',
      groups: ['developers'],
    });
    const { uid, mode } = await stat(made.root.at(FILE));
    assert.deepEqual([uid, mode & 0o777], [NANA.uid, 0o600]);
    const [csr, ...more] = await csrs(made);
    assert.equal(more.length, 0);
    assert.equal(csr?.spec.signerName, 'kubernetes.io/kube-apiserver-client');
    assert.equal(csr?.spec.expirationSeconds, 90 * 86_400);
    // The next check has nothing to do, and the row says when there will be.
    const again = await ownOf(made);
    assert.equal(again?.own?.next.is, 'valid', again?.detail);
    assert.equal((await csrs(made)).length, 1);
    const row = (await made.agent.status()).certificates.find(({ id }) => id === FILE);
    assert.deepEqual(row?.decision.verdict.kind, 'keep');
    await fresh(made);
    embedded(made, await issued(made.ca, 80, ['system:masters', 'developers']));
    const other = await ownOf(made);
    assert.equal(other?.result, 'updated', other?.detail);
    assert.deepEqual((await inFile(made)).groups, ['developers']);
  });

  it('wait for a person otherwise: an alert names the command; a restart asks for nothing twice', async (t) => {
    const made = await users(t, entry());
    const before = await issued(made.ca, 20);
    embedded(made, before);
    const copy = await ownOf(made);
    assert.equal(copy?.own?.next.is, 'waiting', copy?.detail);
    const [csr] = await csrs(made);
    assert.match(
      copy?.detail ?? '',
      new RegExp(
        `kubectl certificate approve ${csr?.metadata.name}, or on this node: certagent user add nana --approve$`,
      ),
    );
    assert.equal((await inFile(made)).days, 20);
    await toldAtLast(made.inbox, 'raised USER_REQUEST_WAITING');
    await ownOf(made);
    assert.equal((await csrs(made)).length, 1);
    const state = await stat(made.root.at('/var/lib/certagent/users.json'));
    assert.equal(state.mode & 0o777, 0o600);
    await decide(made, 'Approved');
    assert.equal((await ownOf(made))?.result, 'updated');
    assert.equal((await inFile(made)).days, 90);
    assert.doesNotMatch(await readFile(made.root.at('/var/lib/certagent/users.json'), 'utf8'), /PRIVATE KEY/);
    await toldAtLast(made.inbox, 'cleared USER_REQUEST_WAITING');
  });

  it('are not requested again once they were denied, and the old one stays', async (t) => {
    const made = await users(t, entry());
    embedded(made, await issued(made.ca, 20));
    await ownOf(made);
    await decide(made, 'Denied');
    for (let checks = 0; checks < 3; checks += 1) {
      const copy = await ownOf(made);
      assert.equal(copy?.own?.next.is, 'stopped', copy?.detail);
      assert.match(copy?.detail ?? '', /denied: KubectlDecided: by a person/);
    }
    assert.equal((await csrs(made)).length, 1);
    assert.equal((await inFile(made)).days, 20);
  });

  it('may be in files beside the kubeconfig, which are replaced as a pair', async (t) => {
    const made = await users(t, entry('approve = true'));
    const { root, ca, node } = made;
    const text = giveFiles(root, node, ca, await issued(ca, 20));
    const copy = await ownOf(made);
    assert.equal(copy?.result, 'updated', copy?.detail);
    const { certificate } = await readLeaf(root, NANAS_PAIR.certificate);
    assert.equal(publicKeyOfPrivate(await readKey(root, NANAS_PAIR.key)), certificate.publicKey);
    assert.ok(certificate.notAfter > Date.now() + 80 * DAY);
    assert.equal(await readFile(root.at(FILE), 'utf8'), text);
    assert.equal((await stat(root.at(NANAS_PAIR.key))).uid, NANA.uid);
  });

  const STOPS: [what: string, prepare: (made: Users) => Promise<void>, why: RegExp][] = [
    ['another CA', async (made) => embedded(made, await foreign()), /CA did not sign/],
    [
      'a key of somebody else',
      async (made) => embedded(made, { ...(await issued(made.ca, 20)), keyPem: (await issued(made.ca, 20)).keyPem }),
      /no private key that belongs/,
    ],
    ['an expired one', async (made) => embedded(made, await issued(made.ca, -1)), /expired on/],
    [
      'one of another user',
      async (made) => embedded(made, await issued(made.ca, 20, [], 'eve')),
      /holds no client certificate for nana/,
    ],
    ['no file', async () => {}, /not renewed: there is no such file.*certagent user add nana/],
  ];
  it('are not requested for what is not proven, on one node one after the other', async (t) => {
    const made = await users(t, entry('approve = true'));
    for (const [what, prepare, why] of STOPS) {
      await fresh(made);
      await prepare(made);
      const copy = await ownOf(made);
      assert.equal(copy?.own?.next.is, 'stopped', `${what}: ${copy?.detail}`);
      assert.match(copy?.detail ?? '', why, what);
    }
    assert.deepEqual(await csrs(made), []);
    await fresh(made);
    const first = await issued(made.ca, 80);
    embedded(made, first);
    assert.equal((await ownOf(made))?.own?.next.is, 'valid');
    await rm(made.root.at(FILE));
    assert.match((await ownOf(made))?.detail ?? '', /there is no such file/);
    embedded(made, first);
    assert.match((await ownOf(made))?.detail ?? '', /was removed before/);
    assert.deepEqual(await csrs(made), []);
  });

  it('only wait in observe mode, and are not requested where copies.deny names the account', async (t) => {
    const made = await users(t, entry('approve = true'), {}, 'mode = "observe"\n');
    embedded(made, await issued(made.ca, 20));
    const copy = await ownOf(made);
    assert.equal(copy?.own?.next.is, 'due', copy?.detail);
    await configure(
      made.node,
      `${maintenance('now')}[copies]\ndeny = ["nana"]\n${entry('approve = true')}`,
      made.inbox,
    );
    await made.agent.reload();
    const denied = (await ownOf(made))?.detail ?? '';
    assert.match(denied, /nana is named in copies\.deny/);
    assert.match(denied, /Remove nana from copies\.deny.*Or remove the entry from users\.certificates/);
    await assert.rejects(made.agent.addUser({ user: 'nana', approve: true }), {
      message: 'nana has no new certificate: nana is named in copies.deny',
      remedy: /^Remove nana from copies\.deny .*certagent reload\. Or remove the entry/,
    });
    // Of one that the configuration does not name, only copies.deny is in the way.
    await configure(made.node, `${maintenance('now')}[copies]\ndeny = ["nana"]\n`, made.inbox);
    await made.agent.reload();
    await assert.rejects(made.agent.addUser({ user: 'nana', approve: true }), (error: CertagentError) => {
      assert.match(error.remedy ?? '', /^Remove nana from copies\.deny/);
      assert.doesNotMatch(error.remedy ?? '', /users\.certificates/);
      return true;
    });
    assert.deepEqual(await csrs(made), []);
  });

  it('begin with `certagent user add`, which works with the API', async (t) => {
    const made = await users(t, '');
    await assert.rejects(made.agent.addUser({ user: 'system:admin', approve: true }), { code: 'USER_REFUSED' });
    await assert.rejects(made.agent.addUser({ user: 'nana', groups: ['system:masters'], approve: true }), {
      code: 'USER_REFUSED',
    });
    // Nothing is requested for a place where no file can be made.
    await assert.rejects(made.agent.addUser({ user: 'bob', kubeconfig: '/srv/none/bob/config', approve: true }), {
      code: 'USER_REFUSED',
      message: '/srv/none/bob/config cannot be made: the directory /srv/none does not exist',
    });
    assert.deepEqual(await csrs(made), []);
    const asked = { user: 'nana', groups: ['developers'], expires: 30 * DAY };
    const waiting = await made.agent.addUser({ ...asked, approve: false });
    assert.equal(waiting.result, 'waiting');
    assert.equal(existsSync(made.root.at(FILE)), false);
    // There is nothing yet that could be up to date.
    const status = await made.agent.status();
    const copy = status.copies.find(({ path }) => path === FILE);
    assert.equal(copy?.result, 'pending', copy?.detail);
    assert.match(
      copy?.detail ?? '',
      /^no certificate for nana yet; the request certagent-nana-\w+ waits for approval since 2/,
    );
    assert.match(renderStatus(status), /config {2}nana +waiting {2}no certificate for nana yet; the request/);
    // The short form means the request that waits, not another one without groups.
    const same = await made.agent.addUser({ user: 'nana', approve: false });
    assert.deepEqual([same.groups, same.request?.name], [['developers'], waiting.request?.name]);
    const added = await made.agent.addUser({ ...asked, approve: true });
    assert.deepEqual([added.result, added.account, added.renewed], ['created', 'nana', false]);
    assert.equal((await csrs(made)).length, 1);
    assert.deepEqual(await inFile(made), {
      isPair: true,
      days: 30,
      who: 'O=developers, CN=nana',
      groups: ['developers'],
    });
    assert.equal((await stat(made.root.at(FILE))).uid, NANA.uid);
    const { cluster } = currentEntries(parseKubeconfig(await readFile(made.root.at(FILE), 'utf8'))) ?? {};
    assert.match(cluster?.server ?? '', /^https:/);
    const answer = await makeApi({ access: makeAccessReader(made.root, FILE), peers: () => [] }).get('/api');
    assert.ok(answer.ok);
    // What a person approves later, the daemon writes.
    await fresh(made);
    await made.agent.addUser({ user: 'nana', approve: false });
    await decide(made, 'Approved');
    assert.equal((await ownOf(made))?.result, 'created');
    assert.deepEqual((await inFile(made)).groups, []);
    // Which of two is meant, only a person knows.
    const files = ['/home/nana/.kube/one', '/home/nana/.kube/two'];
    for (const kubeconfig of files) await made.agent.addUser({ user: 'bob', kubeconfig, approve: false });
    await assert.rejects(made.agent.addUser({ user: 'bob', approve: true }), {
      message: '2 requests wait for bob',
      remedy: `Name the file with --kubeconfig: ${files.join(' or ')}`,
    });
    assert.ok(files.every((file) => !existsSync(made.root.at(file))));
  });
});

async function foreign(): Promise<Issued> {
  const { issueAuthority } = await import('../../testnode/pki.ts');
  const validity = { notBefore: Date.now() - DAY, notAfter: Date.now() + 300 * DAY };
  return issued(await issueAuthority({ commonName: 'kubernetes', ...validity }), 20);
}
