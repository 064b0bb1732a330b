import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { watchPaths } from '../../src/host/watcher.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-watcher-'));
after(() => rm(directory, { recursive: true }));

test('a burst of changes is reported once, a file that appears later too, and nothing after close', async () => {
  await mkdir(join(directory, 'pki'));
  const told: string[][] = [];
  let wake = () => {};
  const next = async () => {
    while (told.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return told
      .splice(0)
      .flat()
      .map((path) => path.slice(directory.length + 1))
      .sort();
  };
  const watch = await watchPaths([join(directory, 'pki'), join(directory, 'later.yaml')], {
    settle: 100,
    changed: (paths) => {
      told.push(paths);
      wake();
    },
    failed: (error) => assert.fail(error),
  });
  for (const name of ['a.key', 'a.crt', 'b.crt']) await writeFile(join(directory, 'pki', name), 'x');
  assert.deepEqual(await next(), ['pki/a.crt', 'pki/a.key', 'pki/b.crt']);
  await writeFile(join(directory, 'pki/.tmp'), 'y');
  await rename(join(directory, 'pki/.tmp'), join(directory, 'pki/a.crt'));
  assert.ok((await next()).includes('pki/a.crt'));
  await writeFile(join(directory, 'later.yaml'), 'z');
  assert.deepEqual(await next(), ['later.yaml']);
  await watch.close();
  await writeFile(join(directory, 'pki/a.crt'), 'after');
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.deepEqual(told, []);
});
