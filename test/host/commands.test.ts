import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findCommand, run } from '../../src/host/commands.ts';
import { Root } from '../../src/host/root.ts';
import { restartUnit, unitState } from '../../src/host/systemd.ts';
import { foreignPart, foreignProgram } from '../../src/host/trust.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-commands-'));
after(() => rm(directory, { recursive: true }));
const root = new Root(directory);

async function program(name: string, script: string): Promise<void> {
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  await writeFile(join(directory, 'usr/bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, 'usr/bin', name), 0o755);
}

test('output, errors and the exit code are results', async () => {
  await program('speaks', 'echo out; echo err >&2; exit 3');
  assert.deepEqual(await run(root, 'speaks', [], { limit: 300_000 }), {
    exitCode: 3,
    signal: null,
    stdout: 'out',
    stderr: 'err',
    timedOut: false,
  });
});

test('arguments are not read by a shell', async () => {
  await program('counts', 'echo "$#:$1"');
  assert.equal((await run(root, 'counts', ['a b; rm -rf $HOME'], { limit: 300_000 })).stdout, '1:a b; rm -rf $HOME');
});

test('the environment is fixed: nothing of ours reaches a child', async () => {
  process.env.CERTAGENT_TEST_SECRET = 'hush';
  await program('shows', '/usr/bin/env | /usr/bin/cut -d= -f1 | /usr/bin/sort | /usr/bin/tr "\\n" " "');
  assert.equal(
    (await run(root, 'shows', [], { limit: 300_000 })).stdout.replace(/\b(_|PWD|SHLVL|OLDPWD) /g, '').trim(),
    'HOME LANG LC_ALL PATH',
  );
  delete process.env.CERTAGENT_TEST_SECRET;
});

test('a command outside of the root is not found', async () => {
  assert.equal(await findCommand(root, 'openssl'), null);
  await assert.rejects(run(root, 'openssl', ['version'], { limit: 300_000 }), {
    code: 'COMMAND_MISSING',
    message: /openssl is not on this node/,
  });
});

test('a command that hangs is killed at its limit, even when it ignores SIGTERM', async () => {
  await program('hangs', 'exec /bin/sleep 60');
  const result = await run(root, 'hangs', [], { limit: 100 });
  assert.equal(result.timedOut, true);
});

test('endless output of a command is cut', async () => {
  await program('floods', 'exec /usr/bin/yes certificates');
  const result = await run(root, 'floods', [], { limit: 300_000 });
  assert.ok(result.stdout.length <= 1024 * 1024);
  assert.notEqual(result.exitCode, 0);
});

test('the state of a unit, known and unknown', async () => {
  await program(
    'systemctl',
    `case "$3" in
    k3s) printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nMainPID=42\\nNRestarts=1\\nInvocationID=0123456789abcdef0123456789abcdef\\n';;
    *) printf 'LoadState=not-found\\nActiveState=inactive\\nSubState=dead\\nMainPID=0\\nNRestarts=0\\n';; esac`,
  );
  assert.deepEqual(await unitState(root, 'k3s'), {
    name: 'k3s',
    loaded: true,
    active: true,
    activeState: 'active',
    subState: 'running',
    stopped: false,
    mainPid: 42,
    restarts: 1,
    invocation: '0123456789abcdef0123456789abcdef',
    activeSince: null,
  });
  assert.deepEqual(await unitState(root, 'nope'), {
    name: 'nope',
    loaded: false,
    active: false,
    activeState: 'inactive',
    subState: 'dead',
    stopped: true,
    mainPid: null,
    restarts: 0,
    invocation: null,
    activeSince: null,
  });
});

for (const [what, shown, stopped] of [
  ['asked to stop', 'inactive;Restart=always;NRestarts=0', true],
  ['asked to stop, and exited with 1', 'failed;Restart=always;NRestarts=0', true],
  ['started too often', 'failed;Restart=always;NRestarts=5', false],
  ['failed, and systemd does not start it again', 'failed;Restart=no;NRestarts=0', false],
  ['being started again', 'activating;Restart=always;NRestarts=7', false],
  ['being stopped', 'deactivating;Restart=always;NRestarts=0', true],
] as const) {
  test(`a unit that is down: ${what}`, async () => {
    const lines = `LoadState=loaded;ActiveState=${shown}`.replaceAll(';', '\\n');
    await program('systemctl', `printf '${lines}\\n'`);
    assert.equal((await unitState(root, 'k3s')).stopped, stopped);
  });
}

test("a restart that fails gives systemd's words and where to look", async () => {
  await program('systemctl', 'echo "Job for k3s.service failed because the control process exited." >&2; exit 1');
  await assert.rejects(restartUnit(root, 'k3s', 60_000), {
    code: 'UNIT_RESTART_FAILED',
    message: /exited with 1: Job for k3s\.service failed/,
    remedy: /journalctl -u k3s/,
  });
  await program('systemctl', 'exec /bin/sleep 60');
  await assert.rejects(restartUnit(root, 'k3s', 100), { code: 'UNIT_RESTART_TIMEOUT' });
  await program('systemctl', 'exit 1');
  await assert.rejects(unitState(root, 'k3s'), { code: 'SYSTEMCTL_FAILED' });
});

test('a program that others than root and we can change is not run, and the error says so', async () => {
  const machine = new Root('/');
  const own = process.geteuid!();
  const [trusted, writable, foreign] = await Promise.all(
    ['trusted', 'writable', 'foreign'].map(async (name) => {
      await program(name, 'true');
      return join(directory, 'usr/bin', name);
    }),
  );
  assert.equal(await foreignProgram(trusted!), null);
  await chmod(writable!, 0o777);
  assert.match((await foreignProgram(writable!))?.why ?? '', /can be written by others \(mode 0777\)/);
  assert.equal(await findCommand(root, 'writable'), null);
  await assert.rejects(run(root, 'writable', [], { limit: 1_000 }), {
    code: 'COMMAND_UNTRUSTED',
    message: /usr\/bin\/writable can be written by others/,
    remedy: /chown root: .*; chmod go-w/,
  });
  // Members of the group root can do what root can, for a program; the configuration is stricter.
  await chmod(writable!, 0o775);
  await chown(writable!, own, own === 0 ? 0 : process.getegid!());
  assert.equal((await foreignProgram(writable!)) === null, own === 0);
  assert.notEqual(await foreignPart(writable!), null);
  if (own === 0) {
    await chown(foreign!, 1234, 0);
    assert.match((await foreignProgram(foreign!))?.why ?? '', /belongs to the user with the number 1234/);
  }
  // What this machine runs itself is its own.
  for (const name of ['sh', 'env']) assert.notEqual(await findCommand(machine, name), null, name);
});
