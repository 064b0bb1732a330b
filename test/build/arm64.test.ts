import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { PROJECT, VERSION } from '../../build/project.ts';
import { command, nodeFor, type Ran } from '../testnode/support.ts';
import { builtExecutable } from './built.ts';
import { leftOut } from './changes.ts';
import { ARM64_LIBRARIES, arm64Tools } from './support.ts';

const skip = arm64Tools();
let EXECUTABLE = '';

const arm64 = (...words: string[]): Promise<Ran> =>
  command('qemu-aarch64', ['-L', ARM64_LIBRARIES, EXECUTABLE, ...words]);

before(async () => {
  if (!skip) EXECUTABLE = await builtExecutable('arm64');
});

test('the arm64 executable starts', { skip }, async () => {
  const { code, stdout } = await arm64('--version');
  assert.deepEqual([code, stdout], [0, `${VERSION}\n`]);
});

// The node's components run natively: these are the executable's own answers.
test('the arm64 executable watches a kubeadm node', { skip }, async (t) => {
  const node = await nodeFor(t);
  await node.start();
  const root = ['--root', node.root];

  const status = await arm64(...root, 'status');
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^apiserver +kubeadm .* 19 d /m);

  const due = await arm64(...root, 'check', '-t', '300');
  assert.equal(due.code, 1, due.stdout);
  assert.match(due.stdout, /^CERTAGENT WARNING - /);
});

// Every certagent of the demo is emulated, which takes minutes; the nodes' components run natively. Not the act with a
// rehearsal: its time limits are those of a machine that does not emulate.
const demo = skip || leftOut('build', 'demo', 'src/main.ts', 'package-lock.json');
test('the arm64 executable runs the demo', { skip: demo }, async () => {
  const acts = ['kubeadm', 'k3s', 'k3s-expired'].flatMap((act) => ['--act', act]);
  const shown = ['qemu-aarch64', '-L', ARM64_LIBRARIES, EXECUTABLE];
  const { code, stdout, stderr } = await command(process.execPath, [
    join(PROJECT, 'demo/main.ts'),
    ...acts,
    '--',
    ...shown,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Renewed 11 certificates; the servers serve the new certificates\.$/m);
  assert.match(stdout, /^Renewed 18 certificates; the servers serve the new certificates\.$/m);
  assert.match(stdout, /every certificate expired two days ago[\s\S]*The nodes are removed/);
});
