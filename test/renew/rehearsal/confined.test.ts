// What the helper in a sandbox reads of the kernel before it starts anything, and what systemd is asked for.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isPlainPath, propertiesOf } from '../../../src/host/sandbox-properties.ts';
import { whyNotConfined, writableMounts } from '../../../src/renew/rehearsal/inside/confined.ts';
import { defaultInterface } from '../../../src/renew/rehearsal/node-network.ts';

describe('mounts', () => {
  const mount = (path: string, options: string, type = 'ext4', whole = 'rw') =>
    `22 1 253:0 / ${path} ${options} shared:1 - ${type} /dev/vda ${whole}`;

  test('that can be written are found, whichever part of the line says so', () => {
    const table = [
      mount('/', 'ro,relatime'),
      mount('/run', 'rw,nosuid', 'tmpfs'),
      mount('/sys', 'rw', 'sysfs', 'ro,nosuid'),
      mount('/var/with\\040space', 'rw'),
      mount('/var/lib/kubelet', 'rw'),
      mount('/var/lib/kubelet', 'ro'),
    ].join('\n');
    assert.deepEqual(writableMounts(`${table}\n`), [
      { path: '/run', type: 'tmpfs' },
      { path: '/var/with space', type: 'ext4' },
    ]);
  });

  test('of this machine are not a sandbox', () => {
    const { dev: device, ino: inode } = statSync('/');
    const confinement = { network: 'node' as const, nodeNetwork: '', copies: [{ path: '/', device, inode }], lost: [] };
    assert.match(whyNotConfined(confinement, true) ?? '', /can be written|gain rights|not filtered/);
    const other = { ...confinement, copies: [{ path: '/', device, inode: inode + 1 }] };
    assert.equal(whyNotConfined(other, true), 'the copy is not mounted at /');
    assert.equal(
      whyNotConfined({ ...confinement, copies: [{ path: '/no/such/path', device, inode }] }, true),
      'the copy is not mounted at /no/such/path',
    );
  });
});

describe('the properties of the unit', () => {
  const sandbox = {
    unit: 'certagent-rehearsal-0',
    network: 'none' as const,
    writable: [{ from: '/copy', to: '/var/lib/rancher/k3s' }],
    readable: [],
    empty: ['/run'],
    hidden: ['/var/lib/kubelet'],
    limit: 1_500,
    memory: 1_024,
  };

  test('keep the node out of reach, and end with everything in it', () => {
    const properties = propertiesOf(sandbox, false);
    for (const needed of [
      'ProtectSystem=strict',
      'PrivateNetwork=yes',
      'PrivatePIDs=yes',
      'RestrictNamespaces=yes',
      'NoNewPrivileges=yes',
      'KillMode=control-group',
      'RuntimeMaxSec=2s',
      'MemoryMax=1024',
      'BindPaths=/copy:/var/lib/rancher/k3s',
      'InaccessiblePaths=-/var/lib/kubelet',
    ])
      assert.ok(properties.includes(needed), needed);
    assert.ok(!properties.join('\n').includes('CAP_SYS_ADMIN'));
  });

  test('with the network of the node allow no sockets but those of IP', () => {
    const properties = propertiesOf({ ...sandbox, network: 'node' }, false).join('\n');
    assert.doesNotMatch(properties, /PrivateNetwork|AF_UNIX|CAP_NET/);
  });

  test('of an older systemd leave the processes to unshare, and close /proc', () => {
    const properties = propertiesOf(sandbox, true);
    assert.ok(properties.includes('ReadOnlyPaths=/proc') && properties.includes('RestrictNamespaces=pid'));
    assert.ok(!properties.includes('PrivatePIDs=yes'));
  });

  test('take only paths without a meaning of their own', () => {
    for (const path of ['/var/lib/rancher/k3s', '/srv/k3s-1.36+k3s1/a_b,c=d@e']) assert.ok(isPlainPath(path), path);
    for (const path of ['/a:b', '/a b', '/a%n', '/a$b', '/a"b', 'a', '/a/../b', '/a\\b', '/ä'])
      assert.ok(!isPlainPath(path), path);
  });
});

test('the interface of the default route', () => {
  const head = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
  const rows = [
    'eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    'eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  ];
  assert.equal(defaultInterface([head, ...rows].join('\n')), 'eth0');
  assert.equal(defaultInterface(head), null);
});
