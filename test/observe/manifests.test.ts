import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { detect } from '../../src/observe/detect.ts';
import { readStaticPods } from '../../src/observe/manifests.ts';
import { directoryFor, edit, nodeFor, put } from './support.ts';

test('manifests in another directory are found where the kubelet’s settings say', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  renameSync(join(root, 'etc/kubernetes/manifests'), join(root, 'etc/static-pods'));
  edit(
    root,
    'var/lib/kubelet/config.yaml',
    'staticPodPath: /etc/kubernetes/manifests',
    'staticPodPath: /etc/static-pods/',
  );
  const { paths, components, missing } = await detect(new Root(root));
  assert.equal(paths.manifestsDir, '/etc/static-pods');
  assert.deepEqual(
    (await components(null, [])).map(({ manifest }) => manifest),
    [
      ...['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
        (name) => `/etc/static-pods/${name}.yaml`,
      ),
      null,
    ],
  );
  assert.deepEqual(missing, []);
});

test('manifests: flags in two words, named ports, other pods, dot-files, garbage and doubles', async (t) => {
  const root = new Root(directoryFor(t));
  const pod = (spec: string) => `kind: Pod\nspec:\n  containers:\n${spec}`;
  const scheduler =
    '  - command: [kube-scheduler]\n    args: [--kubeconfig, /etc/s.conf, --leader-elect, -v=2, "--bind-address=::"]\n';
  put(root.prefix, 'm/kube-scheduler.yaml', pod(`  - command: [sidecar]\n${scheduler}`));
  put(root.prefix, 'm/a-copy.yaml.bak', pod(scheduler));
  put(root.prefix, 'm/.hidden.yaml', pod('  - command: [etcd]\n'));
  put(root.prefix, 'm/other.yaml', pod('  - image: web\n'));
  put(root.prefix, 'm/garbage.yaml', '\0\x01{');
  put(root.prefix, 'm/list.yaml', '- 1\n');
  put(root.prefix, 'm/empty.yaml', '');
  put(
    root.prefix,
    'm/etcd.yaml',
    pod(
      '  - command: [/usr/local/bin/etcd]\n    ports: [{containerPort: 2381, name: probe-port}]\n    livenessProbe:\n      httpGet: {host: "", path: /livez, port: probe-port, scheme: HTTP}\n',
    ),
  );
  const pods = await readStaticPods(root, '/m');
  assert.deepEqual(
    pods.map(({ component, manifest, alsoIn }) => [component, manifest, alsoIn]),
    [
      ['etcd', '/m/etcd.yaml', []],
      ['kube-scheduler', '/m/kube-scheduler.yaml', ['/m/a-copy.yaml.bak']],
    ],
  );
  assert.deepEqual(pods[0]?.health, { scheme: 'http', host: '127.0.0.1', port: 2381, path: '/livez' });
  assert.equal(pods[1]?.health, null);
  assert.deepEqual(Object.fromEntries(pods[1]!.flags), {
    kubeconfig: '/etc/s.conf',
    'leader-elect': 'true',
    v: '2',
    'bind-address': '::',
  });
});
