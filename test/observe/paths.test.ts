import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { detect } from '../../src/observe/detect.ts';
import { authority, edit, get, leaf, look, named, nodeFor, put } from './support.ts';

test('certificates and kubeconfigs in other directories are found where the manifests say', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  renameSync(join(root, 'etc/kubernetes/pki'), join(root, 'etc/kubernetes-pki'));
  mkdirSync(join(root, 'etc/conf'));
  for (const name of ['admin', 'controller-manager', 'scheduler', 'kubelet', 'super-admin'])
    renameSync(join(root, `etc/kubernetes/${name}.conf`), join(root, `etc/conf/${name}.conf`));
  for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler']) {
    const manifest = `etc/kubernetes/manifests/${name}.yaml`;
    put(
      root,
      manifest,
      get(root, manifest)
        .replaceAll('/etc/kubernetes/pki', '/etc/kubernetes-pki')
        .replaceAll(/\/etc\/kubernetes\/(\w)/g, '/etc/conf/$1'),
    );
  }
  const inventory = await look({ root });
  assert.deepEqual(inventory.node.paths, {
    certificatesDir: '/etc/kubernetes-pki',
    kubeconfigDir: '/etc/conf',
    manifestsDir: '/etc/kubernetes/manifests',
    dataDir: null,
    adminKubeconfig: '/etc/conf/admin.conf',
  });
  assert.equal(named(inventory, 'apiserver').place.path, '/etc/kubernetes-pki/apiserver.crt');
  assert.equal(named(inventory, 'scheduler.conf').issuance.state, 'signed');
  assert.deepEqual(inventory.findings, []);
});

test('the missing part of an incomplete node is reported, and missing certificates are findings', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  for (const path of [
    'etc/kubernetes/manifests',
    'etc/kubernetes/admin.conf',
    'etc/kubernetes/pki/etcd/peer.crt',
    'etc/kubernetes/super-admin.conf',
  ])
    rmSync(join(root, path), { recursive: true });
  const { node, findings, preconditions } = await look({ root });
  assert.deepEqual([node.distribution, node.role], ['kubeadm', 'control-plane']);
  assert.deepEqual(node.missing, ['/etc/kubernetes/manifests/kube-apiserver.yaml', '/etc/kubernetes/admin.conf']);
  assert.deepEqual(
    findings.map(({ id, reason }) => [id, reason]),
    [
      ['etcd-peer', 'missing'],
      ['admin.conf', 'missing'],
    ],
  );
  assert.deepEqual(
    preconditions.components.map(({ name, healthy }) => [name, healthy]),
    [
      ['kube-apiserver', false],
      ['kube-controller-manager', false],
      ['kube-scheduler', false],
      ['kubelet', false],
    ],
  );
});

test('what another distribution left is reported and ignored', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  put(root, 'etc/kubernetes/kubelet.conf', 'kind: Config\n');
  const { distribution, missing } = await detect(new Root(root));
  assert.equal(distribution, 'k3s');
  assert.match(missing.join(), /\/etc\/kubernetes is left over from a kubeadm worker node/);
});

test('the cloud controller’s certificate of an older K3s is ignored when its successor exists', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  const tls = join(root, 'var/lib/rancher/k3s/server/tls');
  const old = 'var/lib/rancher/k3s/server/tls/client-cloud-controller.crt';
  for (const ending of ['crt', 'key'])
    cpSync(join(tls, `client-k3s-cloud-controller.${ending}`), join(tls, `client-cloud-controller.${ending}`));
  const seen = async (watch: string[] = []) =>
    (await look({ root }, { watch })).certificates.filter(({ place }) => place.path === `/${old}` && place.index === 0);
  assert.deepEqual(await seen(), []);
  assert.deepEqual(
    (await seen([`/${old}`])).map(({ owner }) => owner),
    ['operator'],
  );
  rmSync(join(tls, 'client-k3s-cloud-controller.crt'));
  assert.deepEqual(
    (await seen()).map(({ owner }) => owner),
    ['k3s'],
  );
});

test('an external etcd’s client under kubeadm’s own file names is not kubeadm’s to renew', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  for (const path of [
    'manifests/etcd.yaml',
    'pki/etcd/server.crt',
    'pki/etcd/peer.crt',
    'pki/etcd/healthcheck-client.crt',
  ])
    rmSync(join(root, 'etc/kubernetes', path));
  const inventory = await look({ root });
  assert.equal(named(inventory, 'apiserver-etcd-client').owner, 'operator');
  assert.deepEqual(inventory.findings, []);
  assert.deepEqual(
    inventory.preconditions.caKeys.map(({ ca }) => ca),
    ['ca', 'front-proxy-ca'],
  );
});

test('a serving certificate that an operator put into the manifest is the one the apiserver should serve', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  cpSync(join(root, 'etc/kubernetes/pki/apiserver.crt'), join(root, 'etc/own.crt'));
  cpSync(join(root, 'etc/kubernetes/pki/apiserver.key'), join(root, 'etc/own.key'));
  edit(
    root,
    'etc/kubernetes/manifests/kube-apiserver.yaml',
    '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
    '--tls-cert-file=/etc/own.crt',
  );
  edit(
    root,
    'etc/kubernetes/manifests/kube-apiserver.yaml',
    '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
    '--tls-private-key-file=/etc/own.key',
  );
  const inventory = await look({ root });
  const own = named(inventory, '/etc/own.crt');
  assert.deepEqual([own.owner, own.component, own.key.state], ['operator', 'kube-apiserver', 'matches']);
  assert.equal(
    inventory.served.find(({ endpoint }) => endpoint.name === 'kube-apiserver')?.endpoint.expects,
    '/etc/own.crt',
  );
});

test('the kubelet’s certificates: absolute link, embedded, given by the operator, signed by the cluster', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm-worker' });
  const current = join(root, 'var/lib/kubelet/pki/kubelet-client-current.pem');
  const before = get(root, 'var/lib/kubelet/pki/kubelet-client-current.pem');
  rmSync(current);
  put(root, 'var/lib/kubelet/pki/kubelet-client-2026.pem', before, 0o600);
  symlinkSync('/var/lib/kubelet/pki/kubelet-client-2026.pem', current);
  put(root, 'var/lib/kubelet/pki/kubelet-server-current.pem', before, 0o600);
  const inventory = await look({ root });
  assert.equal(named(inventory, 'kubelet-client').key.state, 'matches');
  assert.equal(named(inventory, 'kubelet-serving').place.path, '/var/lib/kubelet/pki/kubelet-server-current.pem');
  assert.equal(named(inventory, 'kubelet-serving').key.state, 'matches');

  edit(
    root,
    'etc/kubernetes/kubelet.conf',
    /\/var\/lib\/kubelet\/pki\/kubelet-client-current\.pem/,
    '/var/lib/kubelet/pki/other.pem',
  );
  renameSync(current, join(root, 'var/lib/kubelet/pki/other.pem'));
  put(
    root,
    'var/lib/kubelet/config.yaml',
    'kind: KubeletConfiguration\ntlsCertFile: /etc/kubelet.crt\ntlsPrivateKeyFile: /etc/kubelet.key\n',
  );
  put(root, 'etc/kubelet.crt', before);
  put(root, 'etc/kubelet.key', before, 0o600);
  const sources = await (await detect(new Root(root))).sources();
  const serving = sources.find(({ id }) => id === 'kubelet-serving');
  assert.deepEqual(
    [serving?.path, serving?.owner, serving?.key?.path],
    ['/etc/kubelet.crt', 'operator', '/etc/kubelet.key'],
  );
  const referred = named(await look({ root }), 'kubelet.conf');
  assert.deepEqual([referred.place.path, referred.owner], ['/var/lib/kubelet/pki/other.pem', 'kubelet']);
});

test('what kubelet.conf refers to and is gone is a finding; what nothing refers to is not', async (t) => {
  const current = 'var/lib/kubelet/pki/kubelet-client-current.pem';
  const { root } = await nodeFor(t, { kind: 'kubeadm-worker' });
  const findings = async () =>
    (await look({ root })).findings.map(({ path, reason, detail }) => [path, reason, detail]);
  const gone = [[`/${current}`, 'missing', 'does not exist, and /etc/kubernetes/kubelet.conf refers to it']];
  rmSync(join(root, current));
  assert.deepEqual(await findings(), gone);
  symlinkSync('/var/lib/kubelet/pki/gone.pem', join(root, current));
  assert.deepEqual(await findings(), gone);
  const pair = await leaf(await authority(), 'system:node:demo-node');
  edit(
    root,
    'etc/kubernetes/kubelet.conf',
    /client-certificate: .*/,
    `client-certificate-data: ${btoa(pair.certificatePem)}`,
  );
  edit(root, 'etc/kubernetes/kubelet.conf', /client-key: .*/, `client-key-data: ${btoa(pair.keyPem)}`);
  assert.deepEqual(await findings(), []);
});
