import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { run } from '../../src/host/commands.ts';
import { findProcesses, isCalled } from '../../src/host/processes.ts';
import { Root } from '../../src/host/root.ts';
import { directoryFor, fuzz } from './support.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** The files that may start a process. */
const STARTERS = [
  'host/attributes.ts',
  'host/commands.ts',
  'host/helper-process.ts',
  'host/kill-as-user.ts',
  'host/lock.ts',
  'host/run-as-user.ts',
  'host/sandbox.ts',
  'host/sandboxed-tool.ts',
  'host/shown-program.ts',
];

test('only these files start a process, and never through a shell', async () => {
  const starting: string[] = [];
  for (const name of await readdir(SRC, { recursive: true })) {
    if (!name.endsWith('.ts')) continue;
    const source = readFileSync(join(SRC, name), 'utf8');
    assert.doesNotMatch(source, /\b(execSync|execFileSync|execCommand|exec)\(['"`]/, name);
    assert.doesNotMatch(source, /\b(eval|new Function)\(/, name);
    if (/^import (?!type\b).*'node:child_process'|from 'execa'|import\('execa'\)|\bcluster\.fork\b/m.test(source)) {
      assert.doesNotMatch(source, /\bshell\s*:/, name);
      starting.push(name);
    }
  }
  assert.deepEqual(starting.sort(), STARTERS);
});

test('a program gets its arguments as they are, a fixed PATH and none of our environment', async (t) => {
  const root = new Root(directoryFor(t));
  mkdirSync(root.at('/usr/bin'), { recursive: true });
  const script = `#!${process.execPath}\nprocess.stdout.write(JSON.stringify({ argv: process.argv.slice(2), env: process.env }));\n`;
  writeFileSync(root.at('/usr/bin/tell'), script);
  chmodSync(root.at('/usr/bin/tell'), 0o755);
  const before = { ...process.env };
  t.after(() => Object.assign(process.env, { PATH: before.PATH }));
  for (const name of ['LD_PRELOAD_X', 'BASH_ENV', 'KUBECONFIG', 'CERTAGENT_SECRET']) process.env[name] = 'ours';
  process.env.PATH = `/tmp/evil:${before.PATH}`;
  const argument = fc.oneof(
    fc.constantFrom('; rm -rf /', '$(id)', '`id`', '*', '--', '"', "'", '\n', '-x', ''),
    fc.string({ unit: 'binary', maxLength: 10 }),
  );
  // No argument of any program can hold a zero byte.
  const list = fc.array(
    argument.map((text) => text.replaceAll('\0', '').toWellFormed()),
    { maxLength: 4 },
  );
  await fuzz(t, 6, list, async (args) => {
    const { argv, env } = JSON.parse((await run(root, 'tell', args, { limit: 300_000 })).stdout);
    assert.deepEqual(argv, args);
    assert.deepEqual(Object.keys(env).sort(), ['HOME', 'LANG', 'LC_ALL', 'PATH']);
    assert.ok(env.PATH.split(':').every((directory: string) => directory.startsWith(`${root.prefix}/`)));
  });
});

test('a process of a user does not pass for a component, whatever it is called', async (t) => {
  if (process.getuid!() !== 0) return t.skip('needs root, to become another user');
  const mark = String(100_000 + process.pid);
  const starts = [{ uid: 65_534, gid: 65_534 }, {}].map((who) =>
    spawn('/bin/sleep', [mark], { argv0: 'kube-apiserver', stdio: 'ignore', ...who }),
  );
  t.after(() => {
    for (const child of starts) child.kill('SIGKILL');
  });
  await Promise.all(starts.map((child) => once(child, 'spawn')));
  assert.deepEqual(
    (await findProcesses('/proc', (argv) => isCalled(argv, 'kube-apiserver') && argv.includes(mark))).map(
      ({ pid }) => pid,
    ),
    [starts[1]!.pid],
  );
});
