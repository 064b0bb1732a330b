import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSmall, readTextIfThere, SIZE_LIMIT, writeAtomic } from '../../src/host/files.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-files-'));
after(() => rm(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

test('a file is read with its mode and owner', async () => {
  await writeFile(at('plain'), 'content');
  await chmod(at('plain'), 0o640);
  const { bytes, facts } = await readSmall(at('plain'));
  assert.equal(bytes.toString(), 'content');
  assert.equal(facts.mode, 0o640);
  assert.equal(facts.size, 7);
  assert.equal(facts.uid, process.getuid?.());
});

test('a FIFO, a directory and a device are refused at once', async () => {
  execFileSync('mkfifo', [at('fifo')]);
  await mkdir(at('directory'));
  for (const path of [at('fifo'), at('directory'), '/dev/zero'])
    await assert.rejects(readSmall(path), { code: 'NOT_A_FILE' });
});

test('a file of 100 MB is refused without being read', async () => {
  await writeFile(at('large'), '');
  await truncate(at('large'), 100_000_000);
  await assert.rejects(readSmall(at('large')), { code: 'TOO_LARGE', message: /large/ });
});

test('a file that claims to be empty is read up to the limit only', async () => {
  // Files of /proc say size 0; so does one that grows between stat and read.
  assert.match((await readSmall('/proc/self/status')).bytes.toString(), /^Name:/);
  await assert.rejects(readSmall('/proc/self/status', 10), { code: 'TOO_LARGE' });
  assert.equal(SIZE_LIMIT, 1_048_576);
});

test('a missing file is null, an unreadable one an error', async () => {
  assert.equal(await readTextIfThere(at('missing')), null);
  assert.equal(await readTextIfThere(at('plain/below-a-file')), null);
  await symlink('loop', at('loop'));
  await assert.rejects(readTextIfThere(at('loop')), { code: 'ELOOP' });
});

test('an atomic write replaces the file whole, with the mode asked for, and leaves no temporary file', async () => {
  await mkdir(at('atomic'));
  await writeFile(at('atomic/file'), 'old', { mode: 0o644 });
  const inode = (await stat(at('atomic/file'))).ino;
  await writeAtomic(at('atomic/file'), 'new', { mode: 0o600 });
  assert.equal(await readFile(at('atomic/file'), 'utf8'), 'new');
  assert.equal((await stat(at('atomic/file'))).mode & 0o777, 0o600);
  assert.notEqual((await stat(at('atomic/file'))).ino, inode);
  assert.deepEqual(await readdir(at('atomic')), ['file']);
});

test('an atomic write that fails leaves the old file and nothing else', async () => {
  await mkdir(at('failing/target'), { recursive: true });
  await writeFile(at('failing/target/inside'), '');
  await assert.rejects(writeAtomic(at('failing/target'), 'new', { mode: 0o600 }), { code: 'EISDIR' });
  assert.deepEqual(await readdir(at('failing')), ['target']);
});
