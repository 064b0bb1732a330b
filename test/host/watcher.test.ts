import assert from 'node:assert/strict';
import { chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { watchPaths } from '../../src/host/watcher.ts';
import { eventually } from '../testnode/support.ts';

const NOT_ROOT = process.getuid!() === 0 ? false : 'only root can give files away';

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

test('what is in a directory of a person is not watched, and not more than there may be', {
  skip: NOT_ROOT,
}, async () => {
  for (const each of ['srv/root', 'srv/named', 'srv/user/deep'])
    await mkdir(join(directory, each), { recursive: true });
  for (const each of ['srv/user', 'srv/named']) await chown(join(directory, each), 61_001, 61_001);
  const failures: string[] = [];
  const told = new Set<string>();
  const watch = await watchPaths([join(directory, 'srv'), join(directory, 'srv/named')], {
    settle: 20,
    most: 8,
    changed: (paths) => paths.forEach((path) => void told.add(path.slice(directory.length + 5))),
    failed: ({ message }) => failures.push(message),
  });
  await writeFile(join(directory, 'srv/user/a.pem'), 'x');
  await writeFile(join(directory, 'srv/user/deep/a.pem'), 'x');
  await writeFile(join(directory, 'srv/named/a.pem'), 'x');
  await writeFile(join(directory, 'srv/root/a.pem'), 'x');
  await eventually(() => told.has('root/a.pem') && told.has('named/a.pem'));
  assert.deepEqual([...told].sort(), ['named/a.pem', 'root/a.pem']);
  assert.deepEqual(failures, []);
  for (let at = 0; at < 20; at += 1) await writeFile(join(directory, `srv/named/${at}.pem`), 'x');
  await eventually(() => failures.length > 0);
  await watch.close();
  assert.deepEqual(failures, ['there are more than 8 of them']);
  assert.ok(told.size < 10);
});
