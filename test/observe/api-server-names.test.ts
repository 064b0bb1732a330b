import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiServerFacts } from '../../src/domain/model/api-server-facts.ts';
import { missingNames } from '../../src/domain/names/api-server-names.ts';
import { Root } from '../../src/host/root.ts';
import { observe } from '../../src/observe/observe.ts';
import { namesInSettings } from '../../src/observe/supervisor/supervisor-names.ts';
import { edit, look, NOW, nodeFor, put } from './support.ts';

const MANIFEST = 'etc/kubernetes/manifests/kube-apiserver.yaml';

async function factsOf({ root }: { root: string }, kubeadm_config?: string): Promise<ApiServerFacts | undefined> {
  const config = { watch: { paths: [] }, node: {}, renew: { kubeadm_config } };
  return (await observe({ root: new Root(root), config, now: NOW })).preconditions.apiServer;
}

test('a kubeadm node: its manifest, its kubeconfigs, and nothing that is missing', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  const inventory = await look(node);
  const url = `https://127.0.0.1:${node.ports.apiserver}`;
  assert.deepEqual(inventory.preconditions.apiServer, {
    by: 'manifest',
    manifest: `/${MANIFEST}`,
    advertiseAddress: '127.0.0.1',
    serviceRange: '10.96.0.0/12',
    servers: ['admin.conf', 'super-admin.conf', 'kubelet.conf'].map((name) => ({
      path: `/etc/kubernetes/${name}`,
      url,
    })),
    config: null,
  });
  assert.deepEqual(missingNames(inventory), []);
});

test('a kubeadm configuration: the ClusterConfiguration among its documents, or why not', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  const path = '/etc/kubernetes/kubeadm.yaml';
  const config = async (text: string | null) => {
    if (text !== null) put(node.root, path, text);
    const facts = await factsOf(node, path);
    return facts?.by === 'manifest' ? facts.config : undefined;
  };
  const none = { controlPlaneEndpoint: null, certSANs: [], dnsDomain: null };
  const read = { path, problem: null, ...none };
  const cluster = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n';
  assert.deepEqual(await config(null), { path, problem: 'does not exist, or cannot be read' });
  assert.deepEqual(await config('a: b\n---\nkind: InitConfiguration\n'), {
    path,
    problem: 'holds no ClusterConfiguration of kubeadm',
  });
  assert.deepEqual(await config(cluster), read);
  assert.deepEqual(await config(`kind: InitConfiguration\n--- # two\n${cluster}apiServer: 3\nnetworking: [x]\n`), read);
  const names =
    'apiServer: {certSANs: [a, 10.0.0.1, 7]}\nnetworking: {dnsDomain: corp.example}\ncontrolPlaneEndpoint: lb:6443\n';
  assert.deepEqual(await config(`${cluster}${names}`), {
    path,
    problem: null,
    controlPlaneEndpoint: 'lb:6443',
    certSANs: ['a', '10.0.0.1'],
    dnsDomain: 'corp.example',
  });
  const broken = await config(`${cluster}a: [b\n`);
  assert.match(broken?.problem ?? '', /is not valid YAML/);
});

test('nothing is known of a server that serves other certificates, too, and of a worker', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm' });
  edit(node.root, MANIFEST, '    - --tls-cert-file', '    - --tls-sni-cert-key=/a.crt,/a.key\n    - --tls-cert-file');
  assert.equal(await factsOf(node), undefined);
  edit(node.root, MANIFEST, '    - --tls-sni-cert-key=/a.crt,/a.key\n', '');
  assert.ok((await factsOf(node)) !== undefined);
  edit(node.root, MANIFEST, '--tls-cert-file=/etc/kubernetes/pki', '--tls-cert-file=/etc/other');
  assert.equal(await factsOf(node), undefined);
  assert.equal(await factsOf(await nodeFor(t, { kind: 'kubeadm-worker' })), undefined);
});

test('K3s and RKE2: what their settings say, of the certificates that serve', async (t) => {
  for (const [kind, certificates] of [
    ['k3s-server', ['dynamic-cert']],
    ['rke2-server', ['serving-kube-apiserver', 'dynamic-cert']],
  ] as const) {
    const node = await nodeFor(t, { kind });
    assert.equal(await factsOf(node), undefined);
    const name = kind.slice(0, 4).replace('-', '');
    put(node.root, `etc/rancher/${name}/config.yaml.d/9.yaml`, 'tls-san: [lb.example.org, "a.example,b.example"]\n');
    const inventory = await look(node);
    const named = ['lb.example.org', 'a.example', 'b.example'].map((value) => ({ value, option: 'tls-san' }));
    assert.deepEqual(inventory.preconditions.apiServer, { by: 'supervisor', certificates, named });
    const missing = missingNames(inventory).map(({ observed, names }) => `${observed.id} ${names.length}`);
    assert.deepEqual(missing.sort(), certificates.map((id) => `${id} 3`).sort());
  }
});

test('the address that K3s advertises: as it is told, or the first that is external', () => {
  const cases: [Record<string, unknown>, string[]][] = [
    [{}, []],
    [{ 'node-external-ip': '203.0.113.5,203.0.113.6' }, ['203.0.113.5']],
    [{ 'node-external-ip': ['203.0.113.5'], 'advertise-address': ['10.0.0.1', '10.0.0.2'] }, ['10.0.0.2']],
    [{ 'tls-san': [' a ', '', 3], 'advertise-address': '10.0.0.1' }, ['a', '10.0.0.1']],
    [{ 'tls-san': null }, []],
  ];
  for (const [options, values] of cases)
    assert.deepEqual(
      namesInSettings(new Map(Object.entries(options))).map(({ value }) => value),
      values,
    );
});
