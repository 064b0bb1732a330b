import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestNode } from '../../testnode/node.ts';
import { clientOf, command, DAY, nodeFor, run, text } from './support.ts';

const pki = (node: TestNode, path: string) => join(node.root, 'etc/kubernetes/pki', path);
const certificate = (node: TestNode, path: string) => new X509Certificate(readFileSync(pki(node, path)));
// With a configuration file kubeadm does not ask the cluster, and prints nothing about it.
const configured = (node: TestNode) => {
  writeFileSync(join(node.root, 'etc/kubeadm.yaml'), 'kind: ClusterConfiguration\n');
  return ['--config', '/etc/kubeadm.yaml'];
};
const renew = (node: TestNode, ...words: string[]) => run(node, 'usr/bin/kubeadm', 'certs', 'renew', ...words);
const STACK = 'To see the stack trace of this error execute with --v=5 or higher\n';

test('renew all: new keys, the old names, notBefore of the CA, a year, the text of kubeadm', async (t) => {
  const node = await nodeFor(t, { version: 'v1.22.3', grantedDays: 365 });
  const before = certificate(node, 'apiserver.crt');
  const inode = statSync(pki(node, 'apiserver.crt')).ino;
  const ran = await renew(node, 'all');
  assert.deepEqual(ran, {
    code: 0,
    stderr: '',
    stdout: `[renew] Reading configuration from the cluster...
[renew] FYI: You can look at this config file with 'kubectl -n kube-system get cm kubeadm-config -o yaml'
[renew] Error reading configuration from the Cluster. Falling back to default configuration

certificate embedded in the kubeconfig file for the admin to use and for kubeadm itself renewed
certificate for serving the Kubernetes API renewed
certificate the apiserver uses to access etcd renewed
certificate for the API server to connect to kubelet renewed
certificate embedded in the kubeconfig file for the controller manager to use renewed
certificate for liveness probes to healthcheck etcd renewed
certificate for etcd nodes to communicate with each other renewed
certificate for serving etcd renewed
certificate for the front proxy client renewed
certificate embedded in the kubeconfig file for the scheduler manager to use renewed

Done renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.
`,
  });
  const after = certificate(node, 'apiserver.crt');
  assert.equal(after.subjectAltName, before.subjectAltName);
  assert.equal(after.subject, before.subject);
  assert.deepEqual(after.keyUsage, before.keyUsage);
  assert.notEqual(after.serialNumber, before.serialNumber);
  assert.equal(after.validFrom, certificate(node, 'ca.crt').validFrom);
  assert.ok(Math.abs(after.validToDate.getTime() - Date.now() - 365 * DAY) < DAY);
  assert.equal(statSync(pki(node, 'apiserver.crt')).ino, inode, 'written in place');
  assert.ok(after.checkIssued(certificate(node, 'ca.crt')));
  const [admin, copy] = [await text(node, 'etc/kubernetes/admin.conf'), await text(node, 'home/alice/.kube/config')];
  assert.notEqual(clientOf(admin).cert, clientOf(copy).cert);
  assert.equal(admin.length > 0 && admin.split('\n').length, copy.split('\n').length);
  const verified = await command('openssl', [
    'verify',
    '-CAfile',
    pki(node, 'etcd/ca.crt'),
    pki(node, 'etcd/peer.crt'),
  ]);
  assert.equal(verified.code, 0);
});

test('renew refuses an unknown name and none at all', async (t) => {
  const node = await nodeFor(t);
  const unknown = await renew(node, 'bogus');
  assert.deepEqual(unknown, { code: 1, stdout: '', stderr: `invalid subcommand: "bogus"\n${STACK}` });
  const none = await renew(node);
  assert.equal(none.stderr, `missing subcommand; "renew" is not meant to be run on its own\n${STACK}`);
  assert.equal(none.code, 1);
});

test('exit 0 does not mean renewed: external CAs and missing files', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm-external-ca' });
  const before = certificate(node, 'apiserver.crt').serialNumber;
  rmSync(pki(node, 'front-proxy-ca.key'));
  rmSync(join(node.root, 'etc/kubernetes/scheduler.conf'));
  const ran = await renew(node, 'all', ...configured(node));
  assert.equal(ran.code, 0);
  const lines = ran.stdout.split('\n');
  assert.equal(lines[1], "Detected external ca, certificate for serving the Kubernetes API can't be renewed");
  assert.ok(
    lines.includes("Detected external front-proxy-ca, certificate for the front proxy client can't be renewed"),
  );
  assert.ok(lines.includes('certificate the apiserver uses to access etcd renewed'));
  assert.ok(lines.includes('MISSING! certificate embedded in the kubeconfig file for the scheduler manager to use'));
  assert.match(ran.stdout, /Done renewing certificates/);
  assert.equal(certificate(node, 'apiserver.crt').serialNumber, before);
});

test('renew all stops at the first error and leaves the names before it renewed', async (t) => {
  const node = await nodeFor(t);
  writeFileSync(pki(node, 'apiserver.crt'), 'garbage\n');
  const before = certificate(node, 'apiserver-etcd-client.crt').serialNumber;
  const ran = await renew(node, 'all', ...configured(node));
  assert.equal(ran.code, 1);
  assert.match(ran.stdout, /^certificate embedded in .* for the admin to use and for kubeadm itself renewed\n$/);
  const reason = 'data does not contain any valid RSA or ECDSA certificates';
  const path = '/etc/kubernetes/pki/apiserver.crt';
  assert.equal(ran.stderr, `failed to load existing certificate apiserver: error reading ${path}: ${reason}\n${STACK}`);
  assert.equal(certificate(node, 'apiserver-etcd-client.crt').serialNumber, before);
});

test('today’s kubeadm cuts a chain to its first certificate, and a kubeconfig to one CA, without a word', async (t) => {
  const node = await nodeFor(t, { version: 'v1.36.3' });
  const ca = await text(node, 'etc/kubernetes/pki/ca.crt');
  writeFileSync(pki(node, 'apiserver.crt'), ca, { flag: 'a' });
  const admin = join(node.root, 'etc/kubernetes/admin.conf');
  const data = Buffer.from(ca + ca).toString('base64');
  const before = readFileSync(admin, 'utf8');
  writeFileSync(admin, before.replace(/(certificate-authority-data: )\S+/, `$1${data}`));
  for (const name of ['apiserver', 'admin.conf']) assert.equal((await renew(node, name, ...configured(node))).code, 0);
  assert.equal((await text(node, 'etc/kubernetes/pki/apiserver.crt')).match(/BEGIN/g)!.length, 1);
  const authority = (text: string) => /certificate-authority-data: (\S+)/.exec(text)![1];
  assert.equal(authority(readFileSync(admin, 'utf8')), authority(before));
  const { validFrom } = certificate(node, 'apiserver.crt');
  assert.ok(Math.abs(Date.parse(validFrom) + 5 * 60_000 - Date.now()) < 60_000, 'notBefore is five minutes ago');
});

test('today’s kubeadm takes etcd’s CA without its key for an external one', async (t) => {
  const node = await nodeFor(t, { version: 'v1.36.3' });
  rmSync(pki(node, 'etcd/ca.key'));
  const before = certificate(node, 'etcd/server.crt').serialNumber;
  const ran = await renew(node, 'all', ...configured(node));
  assert.equal(ran.code, 0);
  assert.match(ran.stdout, /\nDetected external etcd\/ca, certificate for serving etcd can't be renewed\n/);
  assert.match(ran.stdout, /\ncertificate for the front proxy client renewed\n/);
  assert.equal(certificate(node, 'etcd/server.crt').serialNumber, before);
  const checked = await run(node, 'usr/bin/kubeadm', 'certs', 'check-expiration', ...configured(node));
  assert.match(checked.stdout, /\netcd-server .* etcd-ca {17}yes/);
});

test('a chain file, a CA that is missing and etcd’s missing CA key are refused in old kubeadm’s words', async (t) => {
  const node = await nodeFor(t, { version: 'v1.22.3' });
  const config = configured(node);
  writeFileSync(pki(node, 'apiserver.crt'), await text(node, 'etc/kubernetes/pki/ca.crt'), { flag: 'a' });
  const chain = await renew(node, 'apiserver', ...config);
  assert.deepEqual([chain.code, chain.stderr], [1, `wanted exactly one certificate, got 2\n${STACK}`]);
  rmSync(pki(node, 'etcd/ca.key'));
  const etcd = await renew(node, 'etcd-server', ...config);
  const key = '/etc/kubernetes/pki/etcd/ca.key';
  const missing = `couldn't load the private key file ${key}: open ${key}: no such file or directory`;
  assert.equal(etcd.stderr, `failure loading etcd/ca certificate authority: failed to load key: ${missing}\n${STACK}`);
  rmSync(pki(node, 'ca.crt'));
  const ca = await renew(node, 'apiserver', ...config);
  assert.match(ca.stderr, /^Error checking external CA condition for ca certificate authority: failure loading cert/);
});

test('check-expiration prints the tables of v1.22, and JSON only from v1.30 on', async (t) => {
  const leafEnds = Date.now() + 364.5 * DAY;
  const old = await nodeFor(t, { version: 'v1.22.3', leafEnds });
  rmSync(join(old.root, 'etc/kubernetes/scheduler.conf'));
  const ran = await run(old, 'usr/bin/kubeadm', 'certs', 'check-expiration', ...configured(old));
  assert.equal(ran.code, 0);
  const lines = ran.stdout.split('\n');
  const head =
    'CERTIFICATE                EXPIRES                  RESIDUAL TIME   CERTIFICATE AUTHORITY   EXTERNALLY MANAGED';
  assert.equal(lines[0], head);
  assert.match(lines[1]!, /^admin\.conf {17}[A-Z][a-z]{2} \d\d, \d{4} \d\d:\d\d UTC {3}364d {36}no {6}$/);
  assert.equal(lines[10], `!MISSING! scheduler.conf${' '.repeat(68)}`);
  const json = await run(old, 'usr/bin/kubeadm', 'certs', 'check-expiration', '-o', 'json');
  assert.deepEqual(json, { code: 1, stdout: '', stderr: `unknown shorthand flag: 'o' in -o\n${STACK}` });
  const newer = await nodeFor(t, { leafEnds: Date.now() - DAY });
  const told = await run(newer, 'usr/bin/kubeadm', 'certs', 'check-expiration', '-o', 'json');
  assert.equal(JSON.parse(told.stdout).certificates.length, 11);
  const expired = await run(newer, 'usr/bin/kubeadm', 'certs', 'check-expiration', ...configured(newer));
  assert.match(expired.stdout, /apiserver .* UTC {3}<invalid> {7}ca /);
});

test('faults: not renewed with exit 0, exit 1, failing at a name, torn there', async (t) => {
  const node = await nodeFor(t);
  const config = configured(node);
  const serial = () => certificate(node, 'apiserver.crt').serialNumber;
  const before = serial();
  await node.faults({ kubeadm: 'exit0-not-renewed' });
  const pretended = await renew(node, 'apiserver', ...config);
  assert.deepEqual([pretended.code, pretended.stdout], [0, 'certificate for serving the Kubernetes API renewed\n']);
  await node.faults({ kubeadm: 'exit1' });
  assert.equal((await renew(node, 'all', ...config)).code, 1);
  assert.equal(serial(), before);
  await node.faults({ kubeadm: 'none', kubeadmFailsAt: 'apiserver-etcd-client' });
  const failed = await renew(node, 'all', ...config);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /no space left on device/);
  assert.notEqual(serial(), before, 'the names before it are renewed');
  assert.ok(certificate(node, 'apiserver-etcd-client.crt'), 'itself it is untouched');
  await node.faults({ kubeadmTears: true });
  await renew(node, 'apiserver-etcd-client', ...config);
  assert.equal(statSync(pki(node, 'apiserver-etcd-client.crt')).size, 0);
});

test('with external etcd its names do not exist; the version is printed as asked', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm-external-etcd' });
  writeFileSync(join(node.root, 'etc/k.yaml'), 'kind: ClusterConfiguration\netcd:\n  external:\n    endpoints: []\n');
  const ran = await renew(node, 'etcd-server', '--config=/etc/k.yaml');
  assert.equal(ran.stderr, `etcd-server is not a valid certificate for this cluster\n${STACK}`);
  assert.equal((await run(node, 'usr/bin/kubeadm', 'version', '-o', 'short')).stdout, 'v1.36.3\n');
});

test('kubeconfig user prints a kubeconfig with a new certificate, and needs a configuration before v1.29', async (t) => {
  const words = ['kubeconfig', 'user', '--org', 'system:nodes', '--client-name', 'system:node:a'];
  const node = await nodeFor(t, { version: 'v1.28.15' });
  assert.deepEqual(await run(node, 'usr/bin/kubeadm', ...words), {
    code: 1,
    stdout: '',
    stderr: `required flag(s) "config" not set\n${STACK}`,
  });
  const { code, stdout } = await run(node, 'usr/bin/kubeadm', ...words, ...configured(node));
  const data = /client-certificate-data: (\S+)/.exec(stdout)?.[1] ?? '';
  const issued = new X509Certificate(Buffer.from(data, 'base64'));
  assert.equal(code, 0);
  assert.equal(issued.subject, 'O=system:nodes\nCN=system:node:a');
  assert.ok(issued.checkIssued(certificate(node, 'ca.crt')));
  rmSync(pki(node, 'ca.key'));
  assert.equal((await run(node, 'usr/bin/kubeadm', ...words, ...configured(node))).code, 1);
});
