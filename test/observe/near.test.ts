import assert from 'node:assert/strict';
import { chmodSync, chownSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { readNear } from '../../src/observe/read-near.ts';
import { authority, directoryFor, leaf, NOW, put } from './support.ts';

test('only what cannot hang is read in this process', async (t) => {
  const directory = directoryFor(t);
  const root = new Root(directory);
  const { certificatePem } = await leaf(await authority(), 'a', NOW + 1_000_000);
  for (const path of ['near/a.crt', 'near/b.crt', 'linked/a.crt', 'writable/a.crt'])
    put(directory, path, certificatePem);
  symlinkSync('/near/a.crt', join(directory, 'linked/here.crt'));
  symlinkSync('near', join(directory, 'link'));
  const user = (file: string) => `{name: a, user: {client-certificate: ${file}, client-key: ${file}}}`;
  const kubeconfig = (file: string) => `apiVersion: v1\nkind: Config\nusers: [${user(file)}]\n`;
  put(directory, 'config/near.conf', kubeconfig('/near/a.crt'), 0o600);
  chmodSync(join(directory, 'writable'), 0o777);

  const count = async (path: string) => (await readNear(root, path, new Set()))?.reads.length ?? null;
  const cases: [what: string, path: string, reads: number | null][] = [
    ['a file', '/near/a.crt', 1],
    ['a pattern in a directory', '/near/*.crt', 2],
    ['a directory that is not there', '/none/a.crt', 1],
    ['links that stay near', '/linked/*.crt', 2],
    ['a directory that is a link', '/link/*.crt', 2],
    ['a kubeconfig and what it refers to', '/config/near.conf', 2],
    ['a pattern for directories', '/*/a.crt', null],
    ['a pattern for a tree', '/near/**', null],
    ['alternatives with directories', '/near/{a,b/c}.crt', null],
    ['a way back', '/near/../near/a.crt', null],
    ['a directory that others write to', '/writable/a.crt', null],
  ];
  for (const [what, path, reads] of cases) assert.equal(await count(path), reads, what);
  assert.equal(
    (await readNear(root, '/near/*.crt', new Set(['/near/a.crt'])))?.reads.length,
    1,
    'a file that is known',
  );
});

test('links to file systems that are not known to answer are left to the helper', async (t) => {
  const directory = directoryFor(t);
  const machine = new Root('/');
  put(directory, 'a.crt', 'junk');
  const near = async () => (await readNear(machine, `${directory}/a.crt`, new Set())) !== null;
  assert.equal(await near(), true);
  // The kernel's own file systems stand for a file server: neither is known to be a disk.
  symlinkSync('/proc/version', join(directory, 'a.key'));
  assert.equal(await near(), false);
  assert.equal(await readNear(machine, '/proc/version', new Set()), null);
});

test('a kubeconfig that refers to such a file system is left to the helper', async (t) => {
  const directory = directoryFor(t);
  const users = 'users: [{name: a, user: {client-certificate: /proc/version, client-key: /proc/version}}]';
  put(directory, 'a.conf', `apiVersion: v1\nkind: Config\n${users}\n`, 0o600);
  assert.equal(await readNear(new Root('/'), `${directory}/a.conf`, new Set()), null);
});

test("another user's directory is left to the helper", { skip: process.getuid!() !== 0 }, async (t) => {
  const directory = directoryFor(t);
  put(directory, 'home/a.crt', 'junk');
  const root = new Root(directory);
  assert.notEqual(await readNear(root, '/home/a.crt', new Set()), null);
  chownSync(join(directory, 'home'), 54_321, 54_321);
  assert.equal(await readNear(root, '/home/a.crt', new Set()), null);
});
