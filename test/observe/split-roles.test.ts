// Servers that leave parts to other servers: compared with what such a server serves and answers, and with no more.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decide } from '../../src/domain/decide/decide.ts';
import { Root } from '../../src/host/root.ts';
import { K3S } from '../../src/observe/k3s/k3s.ts';
import { RKE2 } from '../../src/observe/rke2/rke2.ts';
import type { ServerPart } from '../../src/observe/supervisor/supervisor-settings.ts';
import { NO_HISTORY, policyOf } from '../support/inventory.ts';
import { settingsOf } from './k3s-settings-of.ts';
import { directoryFor, ids, look, NOW, nodeFor, put } from './support.ts';

const ETCD_ONLY: ServerPart[] = ['apiserver', 'controller-manager', 'scheduler'];

/** Kind, what it leaves to others, what it is asked at, and what is compared. */
const SERVERS: [kind: 'k3s-server' | 'rke2-server', disabled: ServerPart[], path: string, compared: string[]][] = [
  ['k3s-server', [], '/readyz', ['k3s']],
  ['k3s-server', ETCD_ONLY, '/ping', ['k3s']],
  ['k3s-server', ['apiserver'], '/ping', ['k3s']],
  ['k3s-server', ['etcd'], '/readyz', ['k3s']],
  ['rke2-server', [], '/readyz', ['kube-apiserver', 'rke2-supervisor']],
  ['rke2-server', ETCD_ONLY, '/ping', ['rke2-supervisor']],
  ['rke2-server', ['etcd', 'controller-manager'], '/readyz', ['kube-apiserver', 'rke2-supervisor']],
];

for (const [kind, disabled, path, compared] of SERVERS)
  test(`a ${kind} without ${disabled.join(', ') || 'nothing'}: no false alarm`, async (t) => {
    const node = await nodeFor(t, { kind, disabled });
    await node.start({ longRunning: true });
    const inventory = await look(node);
    const { served, preconditions, findings } = inventory;
    assert.deepEqual([inventory.node.missing, findings, preconditions.hazards], [[], [], []]);
    assert.deepEqual(
      served.map(({ endpoint, state }) => [endpoint.name, state]),
      compared.map((name) => [name, 'current']),
    );
    const process = preconditions.components.find(({ name }) => name === 'k3s');
    assert.deepEqual([process?.health?.path, process?.healthy], [path, true], process?.detail);
    const isListener = path === '/ping' && kind === 'rke2-server';
    assert.equal(process?.health?.port, isListener ? node.ports.supervisor : node.ports.api);
    const request = { kind: 'schedule' } as const;
    const { renewal } = decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
    assert.equal(renewal.kind, 'none');
  });

test('files that only a disabled part uses are not missed; the CAs and the administrator’s certificate are', async (t) => {
  const gone = ['client-auth-proxy', 'client-kube-apiserver', 'serving-kube-apiserver', 'client-controller'];
  const { root } = await nodeFor(t, { kind: 'k3s-server', disabled: ETCD_ONLY });
  const tls = join(root, 'var/lib/rancher/k3s/server/tls');
  for (const name of [...gone, 'client-scheduler']) rmSync(join(tls, `${name}.crt`));
  rmSync(join(root, 'etc/rancher/k3s/k3s.yaml'));
  const inventory = await look({ root });
  assert.deepEqual([inventory.findings, inventory.node.missing], [[], []]);
  assert.ok(ids(inventory).includes('etcd/peer-server-client'), 'what is there is watched');
  rmSync(join(tls, 'client-admin.crt'));
  rmSync(join(tls, 'client-ca.crt'));
  const found = (await look({ root })).findings.map(({ id, reason }) => `${id} ${reason}`);
  assert.deepEqual(found.sort(), ['client-admin missing', 'client-ca missing']);
});

test('a server whose supervisor does not answer is not healthy, whatever it runs', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server', disabled: ETCD_ONLY });
  await node.start({ longRunning: true });
  put(node.root, 'etc/rancher/k3s/config.yaml.d/a.yaml', 'https-listen-port: 1\n');
  const { components } = (await look(node)).preconditions;
  assert.deepEqual(
    components.map(({ healthy }) => healthy),
    [false],
  );
});

const UNIT = (command: string, more = '') => `[Service]\n${more}ExecStart=/usr/local/bin/k3s ${command}\n`;

/** Where a switch can be given, and what it then says. */
const SOURCES: [what: string, files: Record<string, string>, disabled: ServerPart[]][] = [
  ['nowhere', {}, []],
  [
    'config.yaml',
    { 'etc/rancher/k3s/config.yaml': 'disable-apiserver: true\ndisable-etcd: "1"\n' },
    ['apiserver', 'etcd'],
  ],
  ['config.yaml, as false', { 'etc/rancher/k3s/config.yaml': 'disable-apiserver: false\ndisable-etcd: no\n' }, []],
  [
    'config.yaml.d, which overrides',
    {
      'etc/rancher/k3s/config.yaml': 'disable-etcd: true\n',
      'etc/rancher/k3s/config.yaml.d/a.yaml': 'disable-etcd: false\ndisable-scheduler: T\n',
    },
    ['scheduler'],
  ],
  [
    'a command line',
    { 'etc/systemd/system/k3s.service': UNIT('server --disable-apiserver --disable-scheduler') },
    ['apiserver', 'scheduler'],
  ],
  [
    'a command line, before a word',
    { 'etc/systemd/system/k3s.service': UNIT('--disable-etcd server --disable-controller-manager=true') },
    ['etcd', 'controller-manager'],
  ],
  [
    'a command line, which overrides the file',
    {
      'etc/rancher/k3s/config.yaml': 'disable-etcd: true\n',
      'etc/systemd/system/k3s.service': UNIT('server --disable-etcd=false'),
    },
    [],
  ],
  [
    'a drop-in',
    {
      'etc/systemd/system/k3s.service': UNIT('server'),
      'etc/systemd/system/k3s.service.d/a.conf': UNIT('server --disable-etcd', 'ExecStart=\n'),
    },
    ['etcd'],
  ],
  [
    'variables of an environment file',
    {
      'etc/default/k3s': 'ROLES="--disable-apiserver --disable-controller-manager"\n',
      'etc/systemd/system/k3s.service': UNIT('server $ROLES', 'EnvironmentFile=-/etc/default/%N\n'),
    },
    ['apiserver', 'controller-manager'],
  ],
  [
    'a file that --config names',
    {
      'etc/edge.yaml': 'disable-apiserver: true\n',
      'etc/systemd/system/k3s.service': UNIT('server --config /etc/edge.yaml'),
    },
    ['apiserver'],
  ],
  [
    'a file that K3S_CONFIG_FILE names',
    {
      'etc/edge.yaml': 'disable-apiserver: true\n',
      'etc/systemd/system/k3s.service': UNIT('server', 'Environment=K3S_CONFIG_FILE=/etc/edge.yaml\n'),
    },
    ['apiserver'],
  ],
];

for (const [what, files, disabled] of SOURCES)
  test(`parts that are disabled by ${what}: ${disabled.join(', ') || 'none'}`, async (t) => {
    const root = new Root(directoryFor(t));
    for (const [path, content] of Object.entries(files)) put(root.prefix, path, content);
    assert.deepEqual((await settingsOf(root, K3S)).disabled, disabled);
  });

test('RKE2 takes its own file', async (t) => {
  const root = new Root(directoryFor(t));
  put(root.prefix, 'etc/rancher/rke2/config.yaml', 'disable-etcd: true\n');
  assert.deepEqual([(await settingsOf(root, RKE2)).disabled, (await settingsOf(root, K3S)).disabled], [['etcd'], []]);
});
