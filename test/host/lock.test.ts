import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CertagentError } from '../../src/domain/model/errors.ts';
import { takeLock } from '../../src/host/lock.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-lock-'));
after(() => rm(directory, { recursive: true }));

test('a lock is held once, names its holder, and can be taken again after its release', async () => {
  const path = join(directory, 'once');
  const release = await takeLock(path);
  await assert.rejects(takeLock(path), { code: 'LOCKED', message: new RegExp(`pid ${process.pid}\\b`) });
  await release();
  await (await takeLock(path))();
});

test('of many at once, one gets it', async () => {
  const path = join(directory, 'race');
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)));
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const attempt of tries) if (attempt.status === 'fulfilled') await attempt.value();
});

test('the lock of a killed holder is free', async () => {
  const path = join(directory, 'killed');
  const source = `import(${JSON.stringify(new URL('../../src/host/lock.ts', import.meta.url).href)}).then(({ takeLock }) => takeLock(${JSON.stringify(path)})).then(() => { console.log('held'); setInterval(() => {}, 1000); })`;
  const holder = spawn(process.execPath, ['--eval', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await assert.rejects(takeLock(path), { code: 'LOCKED', message: new RegExp(`pid ${holder.pid}\\b`) });
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
  const release = await retry(() => takeLock(path));
  await release();
});

/** `cat` needs a moment to see its pipe closed. */
async function retry<T>(action: () => Promise<T>): Promise<T> {
  for (let left = 50; ; left--) {
    try {
      return await action();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const ODD: [what: string, make: (path: string) => Promise<unknown> | unknown, why: RegExp][] = [
  ['a FIFO', (path) => execFileSync('mkfifo', [path]), /is not a regular file/],
  ['a directory', (path) => mkdir(path), /is not a regular file/],
  ['a link', (path) => symlink('/dev/null', path), /is a symbolic link/],
];
for (const [what, make, why] of ODD) {
  test(`${what} in the place of the lock: an error that says so, with a remedy`, async () => {
    const path = join(directory, what.replaceAll(' ', '-'));
    await make(path);
    await assert.rejects(takeLock(path), (error: CertagentError) => {
      assert.equal(error.code, 'LOCK_UNAVAILABLE');
      assert.match(error.message, why);
      assert.match(error.remedy ?? '', /ls -l/);
      return true;
    });
  });
}
