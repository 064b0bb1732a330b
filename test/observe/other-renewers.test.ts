// Other programs that renew a kubeadm node's certificates, as they leave their traces.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { listUnits } from '../../src/host/unit-files.ts';
import { otherRenewers } from '../../src/observe/kubeadm/other-renewers.ts';
import { directoryFor, look, nodeFor, put } from './support.ts';

const MANIFESTS = '/etc/kubernetes/manifests';
const UNITS = 'etc/systemd/system';
const WANTED = `${UNITS}/timers.target.wants`;
const service = (start: string) => `[Service]\nExecStart=${start}\n`;
const script = (line: string) => `#!/bin/bash\nset -e\n${line}\n`;
const kubespray = {
  [`${UNITS}/k8s-certs-renew.service`]: service('/usr/local/bin/k8s-certs-renew.sh'),
  [`${UNITS}/k8s-certs-renew.timer`]: '[Timer]\nOnCalendar=Mon *-*-1,2,3,4,5,6,7 03:00:00\n',
  'usr/local/bin/k8s-certs-renew.sh': script('/usr/local/bin/kubeadm certs renew all'),
};
const enabled = (timer: string) => ({ [`${WANTED}/${timer}`]: '' });

const CASES: [what: string, files: Record<string, string>, expected: string[]][] = [
  ['nothing', {}, []],
  ["kubespray's timer", { ...kubespray, ...enabled('k8s-certs-renew.timer') }, ['k8s-certs-renew.timer']],
  ["kubespray's timer, disabled", kubespray, []],
  [
    "an operator's timer",
    { [`${UNITS}/certs.service`]: service('-/usr/bin/kubeadm certs renew all'), ...enabled('certs.timer') },
    ['certs.timer'],
  ],
  [
    'another timer',
    { [`${UNITS}/x.service`]: service('/usr/bin/kubeadm certs check-expiration'), ...enabled('x.timer') },
    [],
  ],
  ['a line in crontab', { 'etc/crontab': '0 3 1 * * root kubeadm certs renew all\n' }, ['/etc/crontab']],
  ['of old', { 'etc/cron.d/k': '@monthly root /usr/bin/kubeadm alpha certs renew all\n' }, ['/etc/cron.d/k']],
  ['a comment', { 'etc/crontab': '# 0 3 1 * * root kubeadm certs renew all\n' }, []],
  ['two commands of a line', { 'etc/crontab': '0 3 1 * * root kubeadm version; x certs renew\n' }, []],
  [
    'a line with a script',
    { 'etc/cron.d/k': '@daily root /usr/local/sbin/r\n', 'usr/local/sbin/r': script('kubeadm \\\n  certs renew all') },
    ['/etc/cron.d/k'],
  ],
  [
    "a user's table",
    { 'var/spool/cron/crontabs/root': '@monthly kubeadm certs renew all && reboot\n' },
    ['/var/spool/cron/crontabs/root'],
  ],
  [
    "a user's table of Red Hat",
    { 'var/spool/cron/root': '@monthly kubeadm certs renew all\n' },
    ['/var/spool/cron/root'],
  ],
  [
    'a file that a user names is not opened',
    { 'var/spool/cron/root': '@monthly /usr/local/sbin/r\n', 'usr/local/sbin/r': script('kubeadm certs renew all') },
    [],
  ],
  [
    'a script of every month',
    { 'etc/cron.monthly/certs': script('kubeadm certs renew all') },
    ['/etc/cron.monthly/certs'],
  ],
  ['what is not a script', { 'etc/cron.monthly/README': 'kubeadm certs renew all\n' }, []],
  [
    'kucero',
    { 'var/log/pods/kube-system_kucero-x2x5r_5f/kucero/0.log': '' },
    ['/var/log/pods/kube-system_kucero-x2x5r_5f'],
  ],
  ['kucero as a static pod', { 'etc/kubernetes/manifests/kucero.yaml': '' }, [`${MANIFESTS}/kucero.yaml`]],
];
for (const [what, files, expected] of CASES)
  test(`another renewer: ${what}`, async (t) => {
    const directory = directoryFor(t);
    for (const [path, content] of Object.entries(files)) put(directory, path, content);
    const root = new Root(directory);
    const found = await otherRenewers(root, await listUnits(root), {
      manifestsDir: MANIFESTS,
      podLogsDir: '/var/log/pods',
    });
    assert.deepEqual(
      found.map(({ where }) => where),
      expected,
    );
  });

test('another renewer is in the inventory of a control plane until it is gone, and a worker has none', async (t) => {
  const [node, worker] = await Promise.all([nodeFor(t, { kind: 'kubeadm' }), nodeFor(t, { kind: 'kubeadm-worker' })]);
  for (const { root } of [node, worker]) {
    mkdirSync(join(root, 'etc/cron.d'), { recursive: true });
    put(root, 'etc/cron.d/certs', '@monthly root kubeadm certs renew all\n');
  }
  const seen = async ({ root }: { root: string }) => (await look({ root })).preconditions.otherRenewers;
  assert.deepEqual(await seen(node), [{ where: '/etc/cron.d/certs', what: 'a cron line' }]);
  assert.equal(await seen(worker), undefined);
  rmSync(join(node.root, 'etc/cron.d/certs'));
  assert.equal(await seen(node), undefined);
});
