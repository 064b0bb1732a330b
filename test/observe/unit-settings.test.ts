import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { K3S } from '../../src/observe/k3s/k3s.ts';
import { settingsOf } from './k3s-settings-of.ts';
import { directoryFor, put } from './support.ts';

const UNITS = 'etc/systemd/system';
const PLAIN = '[Service]\nExecStart=/usr/local/bin/k3s server\n';
const service = (lines: string) => `[Unit]\nExecStart=/wrong/section\n[Service]\n${lines}\n`;

/** Files of a node, and the data directory that its K3s uses. */
const CASES: [what: string, files: Record<string, string>, dataDir?: string][] = [
  [
    'an environment file of the unit’s name',
    {
      [`${UNITS}/k3s.service`]: service('EnvironmentFile=-/etc/default/%N\nExecStart=/usr/local/bin/k3s server'),
      'etc/default/k3s': "# K3S_DATA_DIR=/no\nK3S_DATA_DIR='/data/k3s'\n",
    },
  ],
  [
    'an environment file counts more than Environment',
    {
      [`${UNITS}/k3s.service`]: service(
        'Environment=K3S_DATA_DIR=/no "X=a b"\nEnvironmentFile=/etc/e\nExecStart=/usr/local/bin/k3s server',
      ),
      'etc/e': 'K3S_DATA_DIR=/data/k3s\n',
    },
  ],
  [
    'a drop-in resets ExecStart',
    {
      [`${UNITS}/k3s.service`]: service('ExecStart=/usr/local/bin/k3s server --data-dir /no'),
      [`${UNITS}/k3s.service.d/10.conf`]: '[Service]\nExecStart=\nExecStart=k3s server -d /data/k3s\n',
    },
  ],
  [
    'drop-ins in the order of their names, whatever their directories',
    {
      'usr/lib/systemd/system/k3s.service': PLAIN,
      'usr/lib/systemd/system/k3s.service.d/20.conf': '[Service]\nEnvironment=K3S_DATA_DIR=/data/k3s\n',
      [`${UNITS}/k3s.service.d/10.conf`]: '[Service]\nEnvironment=K3S_DATA_DIR=/no\n',
    },
  ],
  [
    'a variable on the command line',
    {
      [`${UNITS}/edge.service`]: service(
        'Environment="ARGS=--data-dir /data/k3s"\nExecStart=/usr/local/bin/k3s server $ARGS',
      ),
    },
  ],
  [
    'env before the program',
    {
      [`${UNITS}/edge.service`]: service('ExecStart=/usr/bin/env K3S_DATA_DIR=/data/k3s /opt/k3s server'),
    },
  ],
  [
    'a shell that runs the program',
    {
      [`${UNITS}/edge.service`]: service(`ExecStart=/bin/sh -c 'exec /opt/k3s server --data-dir=/data/k3s'`),
    },
  ],
  [
    '--config',
    {
      [`${UNITS}/k3s.service`]: service('ExecStart=/usr/local/bin/k3s server -c /etc/edge.yaml'),
      'etc/edge.yaml': 'data-dir: /no\n',
      'etc/edge.yaml.d/a.YAML': 'data-dir: /data/k3s\n',
      'etc/rancher/k3s/config.yaml': 'data-dir: /no\n',
    },
  ],
  [
    'K3S_CONFIG_FILE',
    {
      [`${UNITS}/k3s.service`]: service('Environment=K3S_CONFIG_FILE=/etc/edge.yaml\nExecStart=/usr/bin/k3s server'),
      'etc/edge.yaml': 'data-dir: /data/k3s\n',
    },
  ],
  [
    'a file counts more than a variable, the command line more than a file',
    {
      [`${UNITS}/k3s.service`]: service(
        'Environment=K3S_DATA_DIR=/no\nExecStart=/usr/bin/k3s server --data-dir=/no --data-dir=/data/k3s',
      ),
      'etc/rancher/k3s/config.yaml': 'data-dir: /neither\n',
    },
  ],
  [
    'a key that is there twice, and an anchor, and a second document',
    {
      [`${UNITS}/k3s.service`]: PLAIN,
      'etc/rancher/k3s/config.yaml':
        'data-dir: &d /data/k3s\ntls-san: a\ntls-san: b\nnode-label: &l [a=b]\nnode-taint: *l\n---\ndata-dir: /no\n',
    },
  ],
  [
    'a unit that runs something else',
    { [`${UNITS}/k3s-backup.service`]: service('ExecStart=/bin/tar --data-dir /no k3s.tar') },
    '/var/lib/rancher/k3s',
  ],
];

for (const [what, files, dataDir = '/data/k3s'] of CASES)
  test(`the data directory of K3s: ${what}`, async (t) => {
    const root = directoryFor(t);
    for (const [path, content] of Object.entries(files)) put(root, path, content);
    assert.equal((await settingsOf(new Root(root), K3S)).dataDir, dataDir);
  });
