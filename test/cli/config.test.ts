import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
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

test('what will fail later is a warning: the exit code is 0, and 1 with --strict', async (t) => {
  const root = await temporaryRoot(t);
  const file = root.at(CONFIG_FILE);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, 'mode = "observe"\n[alerts]\nrepeat = "1s"\n');
  const ran = await certagent(root, ['config', 'check']);
  assert.deepEqual([ran.exitCode, ran.stderr], [0, '']);
  assert.match(ran.stdout, /config\.toml is valid, with one warning:\n {2}line 3: alerts\.repeat is unusually short/);
  assert.equal((await certagent(root, ['config', 'check', '--strict'])).exitCode, 1);
  const draft = await certagent(root, ['config', 'check', '--strict', '-o', 'json', file]);
  assert.equal(draft.exitCode, 1);
  const { problems, warnings } = JSON.parse(draft.stdout);
  assert.deepEqual([problems.length, warnings.length], [0, 1]);
});

test('what is an error does not hide what will fail later', async (t) => {
  const root = await temporaryRoot(t);
  const file = root.at(CONFIG_FILE);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, 'mode = "renwe"\n[alerts]\nrepeat = "1s"\n');
  const both =
    /config\.toml is refused, one error: .*\n {2}line 1: mode .*\nBesides, one warning:\n {2}line 3: alerts\.repeat is unusually short/;
  for (const args of [
    ['config', 'check'],
    ['config', 'check', file],
  ]) {
    const ran = await certagent(root, args);
    assert.equal(ran.exitCode, 1);
    assert.match(ran.stderr, both);
    const { problems, warnings } = JSON.parse((await certagent(root, [...args, '-o', 'json'])).stdout);
    const keys = (of: { key: string }[]) => of.map(({ key }) => key);
    assert.deepEqual([keys(problems), keys(warnings)], [['mode'], ['alerts.repeat']]);
  }
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

test('config check finds hooks that would not run, although a daemon starts with them', async (t) => {
  const root = await temporaryRoot(t);
  const file = root.at(CONFIG_FILE);
  const put = async (path: string, mode: number) => {
    await mkdir(dirname(root.at(path)), { recursive: true });
    await writeFile(root.at(path), '#!/bin/sh\n');
    await chmod(root.at(path), mode);
  };
  await put('/opt/good', 0o755);
  await put('/opt/plain', 0o644);
  await put('/etc/certagent/hooks.d/open', 0o777);
  await put('/etc/passwd', 0o644);
  const table = (line: string) => `[[hooks]]\non = "renewed"\n${line}\n`;
  const check = async (...tables: string[]) => {
    await writeFile(file, tables.map(table).join(''));
    const { stdout } = await certagent(root, ['config', 'check', '-o', 'json']);
    type Problem = { line: number | null; key: string; message: string };
    const { problems, warnings } = JSON.parse(stdout) as { problems: Problem[]; warnings: Problem[] };
    return [...problems, ...warnings].map(({ line, key, message }) => `${line} ${key} ${message}`);
  };
  const ofDirectory = 'null  /etc/certagent/hooks.d/open can be written by others (mode 0777)';
  assert.deepEqual(
    await check('command = ["/opt/gone"]', 'command = ["/opt/plain"]', 'command = ["/opt/good"]\nuser = "nobody-here"'),
    [
      ofDirectory,
      '3 hooks[0].command names a program that does not exist',
      '6 hooks[1].command names a program that is not executable',
      '10 hooks[2].user names a user that this node does not know',
    ],
  );
  await rm(root.at('/etc/certagent/hooks.d/open'));
  assert.deepEqual(await check('command = ["/opt/good"]'), []);
  for (const [line, problem] of [
    ['command = ["good"]', '3 hooks[0].command must begin with the absolute path of a program'],
    ['command = []', '3 hooks[0].command must not be empty'],
    ['command = ["/opt/good"]\nlimit = "6m"', '4 hooks[0].limit must be at most 5 min, and not 0'],
    ['command = ["/opt/good"]\nuser = "a b"', '4 hooks[0].user is not the name of a user'],
  ] as const)
    assert.deepEqual(await check(line), [problem]);
  await put('/opt/good', 0o757);
  assert.match(
    (await check('command = ["/opt/good"]'))[0]!,
    /^3 hooks\[0\]\.command names a file that others can change: /,
  );
});
