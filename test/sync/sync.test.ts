import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadX509 } from '../../src/host/x509-package.ts';
import {
  ALICE,
  base64,
  COPIES,
  COPY,
  client,
  DAY,
  dataOf,
  kubeconfig,
  NOW,
  type Pki,
  type SyncNode,
} from './fixture.ts';
import { nodePerTest } from './node-per-test.ts';

describe('syncCopies', () => {
  let pki: Pki;
  let node: SyncNode;
  nodePerTest((...each) => {
    [node, pki] = each;
  });

  test('a byte copy of the old admin.conf becomes a byte copy of the new one, with owner, mode and a backup', async () => {
    const old = kubeconfig(pki.ca, pki.old);
    node.write(COPY, old, { mode: 0o640 });
    const [outcome] = await node.sync();
    assert.deepEqual([outcome?.path, outcome?.user, outcome?.result], [COPY, 'alice', 'updated']);
    assert.match(outcome!.detail, /credentials of user "kubernetes-admin"; expires 2027-06-01/);
    assert.equal(node.read(COPY), node.read('/etc/kubernetes/admin.conf'));
    assert.equal(node.read(`${COPY}.certagent-backup`), old);
    const [copy, backup] = [COPY, `${COPY}.certagent-backup`].map((path) => statSync(node.at(path)));
    assert.deepEqual([copy!.mode & 0o777, copy!.uid, copy!.gid], [0o640, ALICE.uid, ALICE.gid]);
    assert.deepEqual([backup!.mode & 0o777, backup!.uid, backup!.gid], [0o600, ALICE.uid, ALICE.gid]);
    assert.deepEqual(readdirSync(node.at('/home/alice/.kube')).sort(), ['config', 'config.certagent-backup']);
  });

  test('a second run changes nothing', async () => {
    await node.syncAlice(kubeconfig(pki.ca, pki.old));
    const facts = () => [COPY, `${COPY}.certagent-backup`].map((path) => statSync(node.at(path), { bigint: true }));
    const before = facts();
    const [outcome] = await node.sync();
    assert.equal(outcome?.result, 'current');
    assert.deepEqual(
      facts().map(({ ino, mtimeNs, ctimeNs }) => [ino, mtimeNs, ctimeNs]),
      before.map(({ ino, mtimeNs, ctimeNs }) => [ino, mtimeNs, ctimeNs]),
    );
  });

  test('a dry run says what would be done and writes nothing', async () => {
    const old = kubeconfig(pki.ca, pki.old);
    node.write(COPY, old);
    const [outcome] = await node.sync({ dryRun: true });
    assert.equal(outcome?.result, 'pending');
    assert.match(outcome!.detail, /^would be updated: /);
    assert.equal(node.read(COPY), old);
    assert.deepEqual(readdirSync(node.at('/home/alice/.kube')), ['config']);
  });

  test('a dry run refuses what cannot be written, so that the status does so too', async () => {
    const old = kubeconfig(pki.ca, pki.old);
    const { cert } = dataOf(pki.old);
    const anchored = `x: &x ${cert}\n${old.replace(`client-certificate-data: ${cert}`, 'client-certificate-data: *x')}`;
    assert.notEqual(anchored, `x: &x ${cert}\n${old}`);
    node.write(COPY, anchored);
    for (const dryRun of [true, false]) {
      const [outcome] = await node.sync({ dryRun });
      assert.deepEqual([outcome?.result, /cannot be changed/.test(outcome!.detail)], ['refused', true]);
    }
    assert.equal(node.read(COPY), anchored);
  });

  test('reports the certificates of this cluster as they are afterwards, and no key', async () => {
    const visitor = await client(pki.ca, NOW + 50 * DAY, { subject: { commonName: 'visitor' } });
    const stranger = await client(pki.otherCa, NOW + 60 * DAY);
    const user = (name: string, { cert, key }: ReturnType<typeof dataOf>) =>
      `- {name: ${name}, user: {client-certificate-data: ${cert}, client-key-data: ${key}}}\n`;
    const long = 'v'.repeat(200);
    const more = user('stranger', dataOf(stranger)) + user(long, { ...dataOf(visitor), key: dataOf(pki.old).key });
    node.write(COPY, kubeconfig(pki.ca, pki.old) + more);
    const seen = async (dryRun: boolean) => {
      const [outcome] = await node.sync({ dryRun });
      const text = JSON.stringify(outcome);
      for (const secret of [pki.old, pki.renewed, visitor]) assert.equal(text.includes(dataOf(secret).key), false);
      return outcome!.certificates;
    };
    const ends = (certificates: Awaited<ReturnType<typeof seen>>) =>
      certificates.map(({ id, certificate, key }) => [id, certificate.notAfter, key.state]);
    const other = [`${COPY}/user/${long.slice(0, 100)}…~1`, NOW + 50 * DAY, 'differs'];
    assert.deepEqual(ends(await seen(true)), [[COPY, NOW + 10 * DAY, 'matches'], other]);
    const [first, ...rest] = await seen(false);
    assert.deepEqual(ends([first!, ...rest]), [[COPY, NOW + 365 * DAY, 'matches'], other]);
    assert.deepEqual([first!.owner, first!.place.path, first!.file.uid], ['copy', COPY, ALICE.uid]);
    assert.deepEqual(first!.issuance, { ca: null, state: 'signed', caNotAfter: NOW + 3650 * DAY });
  });

  test('switched off, it does nothing', async () => {
    node.write(COPY, kubeconfig(pki.ca, pki.old));
    assert.deepEqual(await node.sync({ config: { ...COPIES, enabled: false, paths: [], users: ['alice'] } }), []);
  });

  test('only the own entry of several contexts changes; server address, names and comments stay', async () => {
    const [old, renewed] = [dataOf(pki.old), dataOf(pki.renewed)];
    const text = (own: { cert: string; key: string }) => `# my clusters
apiVersion: v1
kind: Config
clusters:
- name: work   # behind the load balancer
  cluster: {server: 'https://lb.example.org', certificate-authority-data: "${base64(pki.ca.certificatePem)}"}
- name: other
  cluster:
    server: https://other.example.org
    certificate-authority-data: ${base64(pki.otherCa.certificatePem)}
contexts:
- {name: a, context: {cluster: work, user: me, namespace: dev}}
- {name: b, context: {cluster: other, user: them}}
- {name: c, context: {cluster: work, user: bot}}
- {name: d, context: {cluster: work, user: sso}}
current-context: b
users:
- name: them
  user: {token: abc}
- name: me
  user:
    client-key-data: '${own.key}'   # secret
    client-certificate-data: |
        ${own.cert}
- name: bot
  user: {token: t0ken, client-certificate-data: ${old.cert}, client-key-data: ${old.key}}
- name: sso
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: login}
    client-certificate-data: ${old.cert}
    client-key-data: ${old.key}
`;
    const outcome = await node.syncAlice(text(old));
    assert.equal(outcome.result, 'updated');
    assert.equal(node.read(COPY), text(renewed));
  });

  test('k3s.yaml, where everything is named default', async () => {
    const k3s = (issued: Pki['old'], server?: string) =>
      kubeconfig(pki.ca, issued, { name: 'default', ...(server === undefined ? {} : { server }) });
    node.write('/etc/rancher/k3s/k3s.yaml', k3s(pki.renewed, 'https://127.0.0.1:6443'));
    node.write('/var/lib/rancher/k3s/server/tls/client-ca.crt', pki.ca.certificatePem);
    node.write(COPY, k3s(pki.old, 'https://node.example.org:6443'));
    const [outcome] = await node.sync({
      source: '/etc/rancher/k3s/k3s.yaml',
      clientCa: ['/var/lib/rancher/k3s/server/tls/client-ca.crt'],
    });
    assert.equal(outcome?.result, 'updated');
    assert.equal(node.read(COPY), k3s(pki.renewed, 'https://node.example.org:6443'));
  });

  test('a key file that claims the certificate’s public key but cannot sign for it is not proof', async () => {
    const rsa = await client(pki.ca, NOW + DAY, { keyType: 'rsa' });
    const mine = await client(pki.otherCa, NOW + DAY, { keyType: 'rsa' });
    // n and e of the real certificate, the private numbers of another key: what one who only saw the certificate can make.
    const jwk = { ...createPrivateKey(mine.keyPem).export({ format: 'jwk' }) };
    const genuine = createPublicKey(rsa.certificatePem).export({ format: 'jwk' });
    const forged = createPrivateKey({ key: { ...jwk, n: genuine.n!, e: genuine.e! }, format: 'jwk' });
    const keyPem = forged.export({ type: 'pkcs1', format: 'pem' }).toString();
    const outcome = await node.syncAlice(kubeconfig(pki.ca, { ...rsa, keyPem }));
    assert.equal(outcome.result, 'left');
    assert.match(outcome.detail, /private key that does not belong/);
    node.remember([rsa]);
    assert.equal((await node.syncAlice(kubeconfig(pki.ca, rsa))).result, 'updated');
  });

  test('a CA renewed with its key goes along; a bundle with others’ CAs stays', async () => {
    const { keyPem } = pki.ca;
    const renewedCa = { keyPem, certificatePem: await renewCa(pki) };
    node.write('/etc/kubernetes/pki/ca.crt', renewedCa.certificatePem);
    node.write('/etc/kubernetes/admin.conf', kubeconfig(renewedCa, pki.renewed));
    const outcome = await node.syncAlice(kubeconfig(pki.ca, pki.old));
    assert.equal(outcome.result, 'updated');
    assert.equal(node.read(COPY), node.read('/etc/kubernetes/admin.conf'));
    assert.match((await node.syncAlice(kubeconfig(pki.ca, pki.renewed))).detail, /the cluster's CA certificate/);
    const bundle = { ...pki.ca, certificatePem: pki.ca.certificatePem + pki.otherCa.certificatePem };
    await node.syncAlice(kubeconfig(bundle, pki.old));
    assert.equal(node.read(COPY), kubeconfig(bundle, pki.renewed));
  });

  test('a source that is not whole touches no copy', async () => {
    const old = kubeconfig(pki.ca, pki.old);
    node.write(COPY, old);
    const foreign = await client(pki.otherCa, NOW + 400 * DAY);
    const broken = [
      kubeconfig(pki.ca, pki.renewed).slice(0, 900),
      '',
      kubeconfig(pki.ca, { ...pki.renewed, keyPem: pki.old.keyPem }),
      kubeconfig(pki.ca, foreign),
    ];
    for (const text of broken) {
      node.write('/etc/kubernetes/admin.conf', text);
      const outcomes = await node.sync();
      assert.deepEqual(
        outcomes.map(({ path, result }) => [path, result]),
        [['/etc/kubernetes/admin.conf', 'failed']],
      );
    }
    assert.equal(node.read(COPY), old);
  });
});

/** The same CA key and name in a new certificate that expires later. */
async function renewCa(pki: Pki): Promise<string> {
  const x509 = await loadX509();
  const key = createPrivateKey(pki.ca.keyPem);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const old = new x509.X509Certificate(pki.ca.certificatePem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '42',
    subject: 'CN=kubernetes',
    issuer: 'CN=kubernetes',
    notBefore: new Date(NOW - DAY),
    notAfter: new Date(NOW + 4000 * DAY),
    publicKey: await old.publicKey.export(),
    signingKey: key.toCryptoKey(algorithm, true, ['sign']),
    signingAlgorithm: algorithm,
    extensions: old.extensions,
  });
  return `${certificate.toString('pem')}\n`;
}
