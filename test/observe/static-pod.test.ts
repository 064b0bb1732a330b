// A component with an expired certificate starts and exits again and again.
import assert from 'node:assert/strict';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { look, nodeFor } from './support.ts';

test('a component that answers, but has exited before its process was looked for, is looked at again', async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm', speed: 0.02 });
  await node.start();
  const scheduler = async () => {
    const { components } = (await look(node)).preconditions;
    return components.find(({ name }) => name === 'kube-scheduler')!;
  };
  const shown = join(node.root, 'proc', String((await scheduler()).pid));
  const hidden = join(node.root, 'hidden');
  mkdirSync(hidden);
  renameSync(shown, join(hidden, 'process'));
  const seen = scheduler();
  await sleep(300);
  renameSync(join(hidden, 'process'), shown);
  const { pid, healthy } = await seen;
  assert.ok(healthy);
  assert.notEqual(pid, null, 'its process is found');
});
