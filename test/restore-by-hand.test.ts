import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DAY } from '../src/domain/time/duration.ts';
import { nodeFor } from './testnode/support.ts';

test('docs/restore.md: the commands restore a pair by hand', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm', leafEnds: Date.now() + 20 * DAY });
  const page = await readFile(new URL('../docs/restore.md', import.meta.url), 'utf8');
  const commands = /```sh\n([\s\S]+?)```/.exec(page)?.[1] ?? '';
  const backup = /backups\/\w+/.exec(commands)?.[0] ?? '';
  const pki = join(root, 'etc/kubernetes/pki');
  await cp(pki, join(root, 'var/lib/certagent', backup, 'files/etc/kubernetes/pki'), { recursive: true });
  const files = ['apiserver.crt', 'apiserver.key'].map((name) => join(pki, name));
  const before = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  for (const file of files) await writeFile(file, 'renewed');
  const here = commands.replaceAll(/(?<=[ ="])\/(tmp\/)?(?=var|etc|certificate)/g, `${root}/`);
  const { stdout } = await promisify(execFile)('sh', ['-ec', here]);
  assert.match(stdout, /^notAfter=/);
  assert.deepEqual(await Promise.all(files.map((file) => readFile(file, 'utf8'))), before);
});
