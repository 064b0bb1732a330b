import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { buildExecutables, executableName } from '../../build/build.ts';
import { PROJECT, VERSION } from '../../build/project.ts';
import { command, nodeFor, type Ran } from '../demo/support.ts';
import { ARM64_LIBRARIES, arm64Tools } from './support.ts';

const DIST = join(PROJECT, 'dist');
const EXECUTABLE = join(DIST, executableName('arm64'));
const skip = arm64Tools();

const arm64 = (...words: string[]): Promise<Ran> =>
  command('qemu-aarch64', ['-L', ARM64_LIBRARIES, EXECUTABLE, ...words]);

before(async () => {
  if (skip || existsSync(EXECUTABLE)) return;
  await buildExecutables(DIST, ['arm64']);
});

test('the arm64 executable starts', { skip }, async () => {
  const { code, stdout } = await arm64('--version');
  assert.deepEqual([code, stdout], [0, `${VERSION}\n`]);
});

// The node's components run natively: a dozen emulated processes would take minutes to start.
test('the arm64 executable watches and renews a kubeadm node', { skip }, async (t) => {
  const node = await nodeFor(t);
  await node.start();
  const root = ['--root', node.root];

  const status = await arm64(...root, 'status');
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^apiserver +kubeadm .* 19 d /m);

  const due = await arm64(...root, 'check');
  assert.equal(due.code, 1, due.stdout);
  assert.match(due.stdout, /^CERTAGENT WARNING - /);

  const renewed = await arm64(...root, 'renew', '--yes');
  assert.equal(renewed.code, 0, renewed.stdout + renewed.stderr);
  assert.match((await arm64(...root, 'status')).stdout, /^apiserver +kubeadm .* 364 d /m);
});
