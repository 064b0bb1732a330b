// Every program that certagent starts, misbehaving in every way that could delay certagent.
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { clockTrust } from '../../src/host/clock.ts';
import { run } from '../../src/host/commands.ts';
import { PROGRAMS } from '../../src/host/programs.ts';
import { Root } from '../../src/host/root.ts';
import { restartUnit, startUnit, stopUnit, unitState } from '../../src/host/systemd.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-programs-'));
after(() => rm(directory, { recursive: true }));
const root = new Root(directory);
const bin = join(directory, 'usr/bin');
await mkdir(bin, { recursive: true });

/** A sleep whose time names the test run: it is found in /proc afterwards. */
const mark = (number: number) => `30${process.pid}.${number}`;

type Misbehaviour = { script(sleep: string): string; timedOut: boolean; stdout?: RegExp };
const LIMIT = 400;
/** One that is not ended sleeps for days: a busy machine may take its time. */
const WITHIN = 120_000;

const MISBEHAVIOURS: Record<string, Misbehaviour> = {
  hangs: { script: (sleep) => sleep, timedOut: true },
  'has a child that hangs': { script: (sleep) => `echo x | ${sleep}; true`, timedOut: true },
  'ignores SIGTERM, and so does its child': {
    script: (sleep) => `trap "" TERM; (trap "" TERM; ${sleep}) & while :; do ${sleep}; done`,
    timedOut: true,
  },
  'exits at SIGTERM, and its child ignores it': {
    script: (sleep) => `(trap "" TERM; exec ${sleep}) & ${sleep}`,
    timedOut: true,
  },
  'leaves a child that holds its output open': {
    script: (sleep) => `echo said; ${sleep} &`,

    timedOut: false,
    stdout: /^said$/,
  },
};

const commands = [...new Set(Object.values(PROGRAMS).flatMap(({ command }) => command.split(', ')))];

describe('a program that misbehaves delays nobody', { concurrency: true }, () => {
  let number = 0;
  for (const command of commands)
    for (const [how, { script, timedOut, stdout }] of Object.entries(MISBEHAVIOURS)) {
      number += 1;
      const seconds = mark(number);
      test(`${command} ${how}`, async () => {
        const name = `${command}-${seconds}`;
        await program(name, script(`/bin/sleep ${seconds}`));
        const began = performance.now();
        const result = await run(root, name, [], { limit: timedOut ? LIMIT : 300_000 });
        assert.ok(performance.now() - began < WITHIN, `back after ${Math.round(performance.now() - began)} ms`);
        assert.equal(result.timedOut, timedOut);
        if (stdout !== undefined) assert.match(result.stdout, stdout);
        // A program that exits in time may leave processes running: a wrapper may start a service.
        if (timedOut) assert.deepEqual(await sleepers(seconds), []);
        else for (const pid of await sleepers(seconds)) process.kill(pid, 'SIGKILL');
      });
    }

  test('a flood that two processes write is cut, and both are killed', async () => {
    const seconds = mark(0);
    await program('flood', `/usr/bin/yes ${seconds} & exec /usr/bin/yes ${seconds}`);
    const { stdout, exitCode } = await run(root, 'flood', [], { limit: 60_000 });
    assert.ok(stdout.length <= 1024 * 1024 && exitCode !== 0);
    assert.deepEqual(await sleepers(seconds), []);
  });
});

test('a program that hangs is reported as an error that says so', { concurrency: true }, async () => {
  for (const name of ['systemctl', 'timedatectl']) await program(name, `exec /bin/sleep ${mark(99)}`);
  await Promise.all([
    assert.rejects(unitState(root, 'k3s'), { code: 'SYSTEMCTL_FAILED', message: /did not finish in time/ }),
    assert.rejects(restartUnit(root, 'k3s', 300), { code: 'UNIT_RESTART_TIMEOUT', message: /did not finish in time/ }),
    assert.rejects(startUnit(root, 'k3s', 300), { code: 'UNIT_RESTART_TIMEOUT', message: /did not finish in time/ }),
    assert.rejects(stopUnit(root, 'k3s', 300), { code: 'UNIT_STOP_FAILED', message: /did not finish in time/ }),
    clockTrust(root).then((trust) => assert.equal(trust.synchronized, null)),
  ]);
});

test('the table names every program that the source starts', async () => {
  const started = new Set<string>();
  for (const path of await readdir('src', { recursive: true })) {
    if (!path.endsWith('.ts')) continue;
    const text = await readFile(join('src', path), 'utf8');
    for (const [, name] of text.matchAll(/\brun\(\s*\w+, '([^']+)'/g)) started.add(name!);
    for (const [, name] of text.matchAll(/\bspawn\('([^']+)'/g)) started.add(name!.replace('/bin/', ''));
  }
  assert.deepEqual(started.size >= 5, true);
  assert.deepEqual(
    [...started].filter((name) => !commands.includes(name)),
    [],
  );
});

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
}

/** Processes with this argument that are not zombies. */
async function sleepers(argument: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const argv = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    if (argv.split('\0').includes(argument)) found.push(Number(entry));
  }
  return found;
}
