import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const OUTPUT = pathToFileURL(fileURLToPath(new URL('../../src/cli/output.ts', import.meta.url))).href;
const node = `"${process.execPath}" --disable-warning=ExperimentalWarning`;

test('a reader that goes away is not an error', async () => {
  const shell = `{ sleep 0.2; ${node} "${MAIN}" help; echo "exit code $?" >&2; } | true`;
  const { stderr } = await promisify(execFile)('sh', ['-c', shell]);
  assert.equal(stderr, 'exit code 0\n');
});

test('a slow reader of a non-blocking pipe gets everything, in order', async () => {
  const script = `
    import { Socket } from 'node:net';
    import { standardOutput } from ${JSON.stringify(OUTPUT)};
    new Socket({ fd: 1, readable: false, writable: true });
    const output = standardOutput();
    output.write('a'.repeat(1 << 20));
    output.write('b');
    process.exitCode = output.leave(3);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await sleep(500);
  assert.equal(await text(child.stdout), `${'a'.repeat(1 << 20)}b`);
  const [exitCode] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  assert.equal(exitCode, 3);
});

test('a process whose output is written ends at once', async () => {
  const script = `
    import { standardOutput } from ${JSON.stringify(OUTPUT)};
    setTimeout(() => {}, 60_000);
    const output = standardOutput();
    output.write('a'.repeat(1 << 20));
    output.leave(3);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  assert.equal((await text(child.stdout)).length, 1 << 20);
  assert.deepEqual(await exited, [3, null]);
});

test('only a terminal is coloured and has columns', {
  skip: !existsSync('/usr/bin/script') && 'no script(1)',
}, async () => {
  const script = `
    const { standardOutput } = await import(${JSON.stringify(OUTPUT)});
    const { isTTY, columns } = standardOutput();
    standardOutput().write(JSON.stringify({ isTTY, columns, colours: standardOutput().hasColors() }));`;
  const command = `${node} --input-type=module -e '${script}'`;
  // Node.js takes any of these as the word of whoever runs it.
  const { CI: _ci, NO_COLOR: _no, FORCE_COLOR: _force, NODE_DISABLE_COLORS: _disable, ...others } = process.env;
  const env = { ...others, TERM: 'xterm-256color' };
  const piped = await promisify(execFile)('sh', ['-c', command], { env });
  assert.deepEqual(JSON.parse(piped.stdout), { isTTY: false, colours: false });
  const typed = await promisify(execFile)('script', ['-qec', `stty cols 93; ${command}`, '/dev/null'], { env });
  assert.deepEqual(JSON.parse(typed.stdout), { isTTY: true, columns: 93, colours: true });
});
