import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { temporaryRoot } from '../control/support.ts';
import { certagent } from './support.ts';

test('config check reports every error with its line', async (t) => {
  const root = await temporaryRoot(t);
  const file = root.at(CONFIG_FILE);
  await mkdir(dirname(file), { recursive: true });
  assert.deepEqual(await certagent(root, ['config', 'check']), {
    exitCode: 0,
    stdout: `${file} is valid.\n`,
    stderr: '',
  });
  await writeFile(file, 'mode = "renwe"\n[windos]\n');
  const ran = await certagent(root, ['config', 'check']);
  assert.equal(ran.exitCode, 1);
  assert.match(ran.stderr, /line 1: mode [\s\S]*line 2: windos /);
  const json = JSON.parse((await certagent(root, ['config', 'check', '-o', 'json'])).stdout);
  assert.deepEqual(
    json.problems.map(({ line }: { line: number }) => line),
    [1, 2],
  );
});

test('the example is a configuration', async (t) => {
  const root = await temporaryRoot(t);
  const example = await certagent(root, ['config', 'example']);
  const file = `${root.prefix}/example.toml`;
  await writeFile(file, example.stdout);
  assert.equal((await certagent(root, ['config', 'check', file])).exitCode, 0);
});

test('a configuration that was named must exist', async (t) => {
  const root = await temporaryRoot(t);
  for (const args of [
    ['config', 'check', '/nowhere.toml'],
    ['--config', '/nowhere.toml', 'config', 'check'],
  ]) {
    const ran = await certagent(root, args);
    assert.equal(ran.exitCode, 1);
    assert.match(ran.stderr, /the configuration file .*\/nowhere\.toml does not exist \(CONFIG_MISSING\)/);
  }
});
