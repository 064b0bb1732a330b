import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { programOf } from '../../src/observe/container-command.ts';
import { detect } from '../../src/observe/detect.ts';
import { readManifests } from '../../src/observe/manifests.ts';
import { directoryFor, edit, look, nodeFor, put } from './support.ts';

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
  const { pods, findings } = await readManifests(root, '/m');
  assert.deepEqual(
    findings.map(({ path, reason }) => [path, reason]),
    [['/m/garbage.yaml', 'bad-manifest']],
  );
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

const FLAGS = ['--kubeconfig=/etc/s.conf', '--leader-elect=true'];
const COMMANDS: [what: string, command: string[], flags: string[] | null][] = [
  ['the program itself', ['/usr/local/bin/kube-scheduler', ...FLAGS], FLAGS],
  ['a shell that becomes it', ['/bin/sh', '-c', `exec kube-scheduler ${FLAGS.join(' ')}`], FLAGS],
  ['a shell with options', ['sh', '-e', '-xc', `set -e; cd /; exec kube-scheduler ${FLAGS.join(' ')}`], FLAGS],
  ['a shell that keeps its log', ['sh', '-c', `kube-scheduler ${FLAGS.join(' \\\n ')} 2>&1 | tee /log`], FLAGS],
  ['quotes', ['bash', '-c', `exec kube-scheduler "--kubeconfig=/etc/s.conf" '--leader-elect'=true`], FLAGS],
  ['a wrapper', ['/go-runner', '--redirect-stderr=true', 'kube-scheduler', ...FLAGS], FLAGS],
  ['another program that is given the name', ['sidecar', 'kube-scheduler'], null],
  ['a shell that does something else', ['sh', '-c', 'sleep 1 && echo done'], null],
  ['a shell without a script', ['sh', '-c'], null],
  ['nothing', [], null],
];
for (const [what, command, flags] of COMMANDS)
  test(`the program that a container runs: ${what}`, () => {
    const found = programOf(command, ['etcd', 'kube-scheduler'] as const);
    assert.deepEqual(found, flags === null ? null : { program: 'kube-scheduler', arguments: flags });
  });

test('manifests are read as the kubelet reads them; one that it cannot read is a finding with its line', async (t) => {
  const root = new Root(directoryFor(t));
  const one = 'kind: Pod\nspec:\n  containers:\n  - command: [kube-scheduler, --kubeconfig=/etc/s.conf]\n';
  for (const [what, text] of [
    ['a key twice', `${one}  hostNetwork: true\n  hostNetwork: true\n`],
    ['an alias', `${one.replace('[kube', '&c [kube')}  initContainers:\n  - command: *c\n`],
    ['a trailing ---', `${one}---\n`],
    ['a second document', `${one}---\nkind: Other\n`],
    ['JSON', '{"kind":"Pod","spec":{"containers":[{"command":["kube-scheduler"]}]}}'],
  ] as const) {
    put(root.prefix, 'm/kube-scheduler.yaml', text);
    const { pods, findings } = await readManifests(root, '/m');
    assert.deepEqual([what, pods.map(({ component }) => component), findings], [what, ['kube-scheduler'], []]);
  }
  put(root.prefix, 'm/kube-scheduler.yaml', `${one}  hostNetwork: [true\n`);
  const { pods, findings } = await readManifests(root, '/m');
  assert.deepEqual([pods, findings.map(({ path }) => path)], [[], ['/m/kube-scheduler.yaml']]);
  assert.match(findings[0]?.detail ?? '', /line \d/);
});

test('a manifest that cannot be read is in the inventory at once', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm-worker' });
  put(root, 'etc/kubernetes/manifests/web.yaml', 'kind: [Pod\n');
  const { findings } = await look({ root });
  assert.deepEqual(
    findings.map(({ path, reason, owner }) => [path, reason, owner]),
    [['/etc/kubernetes/manifests/web.yaml', 'bad-manifest', 'kubelet']],
  );
});

test('other static pods are known by the paths of the node that they mount; the control plane is none of them', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm' });
  const volumes = 'volumes: [{hostPath: {path: /etc/kubernetes/admin.conf}}, {emptyDir: {}}]';
  put(root, 'etc/kubernetes/manifests/vip.yaml', `metadata: {name: kube-vip}\nspec: {${volumes}}\n`);
  put(root, 'etc/kubernetes/manifests/web.yaml', 'metadata: {name: web}\n');
  assert.deepEqual((await look({ root })).preconditions.neighbours, [
    {
      pod: 'kube-vip',
      manifest: '/etc/kubernetes/manifests/vip.yaml',
      mounts: ['/etc/kubernetes/admin.conf'],
      identity: {
        namespace: 'default',
        name: 'kube-vip',
        containers: [],
        uid: null,
        logsDir: '/var/log/pods',
        rootDir: '/var/lib/kubelet',
      },
      startedAt: null,
    },
  ]);
});
