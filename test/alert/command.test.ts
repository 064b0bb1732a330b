import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandSink } from '../../src/alert/command.ts';
import type { SinkError } from '../../src/alert/sink.ts';
import type { CommandSink } from '../../src/config/sinks/command-keys.ts';
import { SECOND } from '../../src/domain/time/duration.ts';
import { dispatch, everyKind, makeRoot } from './support.ts';

const isRoot = process.getuid?.() === 0;
/** A user of the throw-away node: its number belongs to nobody on this machine. */
const [UID, GID] = isRoot ? [64_125, 64_125] : [process.getuid!(), process.getgid!()];

/** A program on a node, which writes to a directory that anybody may write to. */
async function nodeWith(t: TestContext, script: string) {
  const root = await makeRoot(t);
  await chmod(root.at('/'), 0o755);
  for (const directory of ['/etc', '/usr/bin', '/out']) await mkdir(root.at(directory), { recursive: true });
  await chmod(root.at('/out'), 0o777);
  await writeFile(root.at('/etc/passwd'), `courier:x:${UID}:${GID}::/nonexistent:/bin/sh\n`);
  await writeFile(root.at('/usr/bin/deliver'), `#!/bin/sh\ncd ${root.at('/out')}\n${script}\n`);
  await chmod(root.at('/usr/bin/deliver'), 0o755);
  const sink = (change: Partial<CommandSink> = {}) => {
    const usual = { command: ['deliver', 'a b', '$HOME'], user: 'courier', limit: 20 * SECOND };
    return commandSink({ ...usual, input: 'json', least: 'info', ...change }, 'own', root);
  };
  const wrote = (name: string) => readFile(root.at(`/out/${name}`), 'utf8');
  return { root, sink, wrote };
}

async function refused(sending: Promise<string>): Promise<SinkError> {
  return sending.then(
    (said) => assert.fail(said),
    (error) => error as SinkError,
  );
}

test('a program gets the alert on its input, facts in its environment, and the rights of its user', async (t) => {
  process.env.OF_THE_DAEMON = 'T0PSECRET';
  t.after(() => delete process.env.OF_THE_DAEMON);
  const { sink, wrote } = await nodeWith(
    t,
    'cat > input; env > environment; id -u > user; id -G > groups; echo "$@" > arguments',
  );
  assert.equal(await sink().send(everyKind()), 'exited with 0');
  const body = JSON.parse(await wrote('input'));
  assert.deepEqual([body.type, body.data.id], ['certagent.alerts', everyKind().id]);
  const environment = await wrote('environment');
  assert.match(environment, /^CERTAGENT_SEVERITY=critical$/m);
  assert.match(environment, /^CERTAGENT_TITLE=CRITICAL node-1 \(oslo\): 2 certificates/m);
  assert.match(environment, /^CERTAGENT_CODES=CERTIFICATE_EXPIRED, /m);
  assert.doesNotMatch(environment, /T0PSECRET/);
  assert.equal(Number(await wrote('user')), UID);
  if (isRoot) assert.equal((await wrote('groups')).trim(), String(GID));
  assert.equal(await wrote('arguments'), 'a b $HOME\n');
});

test('as text, with the title first, as apprise reads it', async (t) => {
  const { sink, wrote } = await nodeWith(t, 'cat > input');
  await sink({ input: 'text' }).send(dispatch());
  assert.match(await wrote('input'), /^CRITICAL node-1: 2 certificates have expired.*\n\nnode-1, kubeadm/);
});

test('a failure is reported without what the program printed', async (t) => {
  const { sink } = await nodeWith(t, 'echo T0PSECRET; echo T0PSECRET >&2; exit 3');
  const error = await refused(sink().send(dispatch()));
  assert.equal(error.message, 'sink "own": deliver exited with 3');
  assert.match(error.remedy ?? '', /as the user courier/);
  assert.doesNotMatch(JSON.stringify([error.stack, error.cause]), /T0PSECRET/);
});

test('a program that reads nothing and floods its output delivers all the same', async (t) => {
  const { sink } = await nodeWith(t, 'head -c 3000000 /dev/zero; exec true');
  assert.equal(await sink().send(dispatch()), 'exited with 0');
});

test('a program that hangs is killed at its limit, its children too; and when certagent stops', async (t) => {
  const { sink, wrote } = await nodeWith(t, 'sleep 300 & echo $! > child; wait');
  const error = await refused(sink({ limit: 2 * SECOND }).send(dispatch()));
  assert.match(error.message, /deliver did not finish in time/);
  await isGone(Number(await wrote('child')));
  const ending = new AbortController();
  const sending = refused(sink().send(dispatch(), ending.signal));
  ending.abort();
  assert.match((await sending).message, /was stopped/);
});

test('what cannot be run is refused', async (t) => {
  const { root, sink } = await nodeWith(t, 'exit 0');
  const fails = async (change: Partial<CommandSink>) => (await refused(sink(change).send(dispatch()))).message;
  assert.match(await fails({ command: ['absent'] }), /absent is not on this node/);
  assert.match(await fails({ command: ['/usr/bin/absent'] }), /could not be started \(ENOENT\)/);
  assert.match(await fails({ user: 'no-such-user' }), /there is no user no-such-user/);
  await chmod(root.at('/usr/bin/deliver'), 0o777);
  assert.match(await fails({ command: ['/usr/bin/deliver'] }), /is not run: /);
});

/** Waits until no process has this number, or it is only waited for. */
async function isGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (state === null || / Z /.test(state)) return;
    await sleep(50);
  }
  assert.fail(`${pid} is still there`);
}
