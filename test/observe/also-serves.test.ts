import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { alsoServes } from '../../src/observe/supervisor/also-serves.ts';
import type { SupervisorSettings } from '../../src/observe/supervisor/supervisor-settings.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { directoryFor } from './support.ts';

const SETTINGS = {
  dataDir: '/k3s',
  kubeletArguments: ['port=10999', 'v=2', 'port=10251', 'address=::'],
  supervisorPort: null,
  disabled: [],
} as unknown as SupervisorSettings;

test('K3s: its API server where its own parts find it, and its kubelet', async (t) => {
  const root = new Root(directoryFor(t));
  const path = join(root.prefix, 'k3s/server/cred/admin.kubeconfig');
  const look = async (change: Partial<SupervisorSettings> = {}) =>
    (await alsoServes(root, { ...SETTINGS, ...change })).map(({ name, host, port }) => `${name} ${host} ${port}`);
  // A kubeconfig that is not there hides nothing but its server.
  assert.deepEqual(await look(), ['kubelet 127.0.0.1 10251']);
  await mkdir(dirname(path), { recursive: true });
  const files = { certificateFile: '/c.crt', keyFile: '/c.key' };
  const names = { cluster: 'local', user: 'user', context: 'Default' };
  await writeFile(
    path,
    kubeconfigText({ ...names, server: 'https://127.0.0.1:6444', ca: { file: '/ca.crt' }, credentials: files }),
  );
  assert.deepEqual(await look(), ['kube-apiserver 127.0.0.1 6444', 'kubelet 127.0.0.1 10251']);
  assert.deepEqual(await look({ kubeletArguments: [] }), ['kube-apiserver 127.0.0.1 6444', 'kubelet 127.0.0.1 10250']);
  // With a supervisor's port of its own the API server is a listener that is asked at each check.
  assert.deepEqual(await look({ supervisorPort: 9345, kubeletArguments: ['port=0'] }), []);
});
