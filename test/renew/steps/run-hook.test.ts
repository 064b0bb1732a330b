// A hook as a service of its own, on a throw-away node with the stand-in for systemd-run.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import type { StepOf } from '../../../src/domain/plan/steps/step-rules.ts';
import { Root } from '../../../src/host/root.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';
import { runHook } from '../../../src/renew/steps/run-hook.ts';
import type { TestNode } from '../../../testnode/node.ts';
import { makeNode } from '../../../testnode/node.ts';
import { quickStandIns } from '../../testnode/bundle.ts';
import { DAY, eventually } from '../../testnode/support.ts';

const HOOK = '/usr/local/sbin/hook';
const isRoot = process.getuid?.() === 0;

let node: TestNode;
const directory = await mkdtemp(join(tmpdir(), 'certagent-hook-'));

before(async () => {
  await quickStandIns();
  const users = [{ name: 'web', uid: 4_242, gid: 4_243, kubeconfig: 'none' as const }];
  node = await makeNode({
    root: join(directory, 'node'),
    kind: 'kubeadm-worker',
    leafEnds: Date.now() + 20 * DAY,
    ...(isRoot ? { users } : {}),
  });
});
after(async () => {
  await node.remove();
  await rm(directory, { recursive: true, force: true });
});

async function hook(script: string, mode = 0o755, path = HOOK): Promise<void> {
  const at = join(node.root, path);
  await mkdir(join(at, '..'), { recursive: true });
  await writeFile(at, `#!/bin/sh\n${script}\n`);
  await chmod(at, mode);
}

type Data = StepOf<'run-hook'>;

async function ran(change: Partial<Data> = {}, context: Partial<StepContext> = {}) {
  const step: Data = {
    kind: 'run-hook',
    on: 'renewed',
    command: [HOOK, 'a b', '$(id)'],
    user: 'root',
    limit: 60_000,
    node: 'node-1',
    certificates: ['apiserver'],
    files: ['/a b.crt', '/a.key'],
    isRequired: false,
    ...change,
  };
  const lines: string[] = [];
  const plan = { id: '20261127T160000Z', distribution: 'kubeadm', steps: [step] } as unknown as RenewalPlan;
  const says = (line: string) => void lines.push(line);
  const root = new Root(node.root);
  const rest = { root, now: Date.now, plan, backups: 5, pollInterval: 1, waiting: () => {}, says };
  const result = await runHook.act(step, { ...rest, ...context }).catch((error: Error & { code: string }) => error);
  return { result, lines };
}

describe('a hook', () => {
  it('gets its arguments as they are, and what it needs to know in its environment', async () => {
    await hook('echo "$1|$2"; env | grep -E "^CERTAGENT_|^[^=]*$" | sort; pwd; test ! -t 0');
    const { result, lines } = await ran();
    assert.match(String(result), /^exited with 0 after \d+\.\d s$/);
    assert.deepEqual(lines, [
      'a b|$(id)',
      '/a.key',
      'CERTAGENT_CERTIFICATES=apiserver',
      'CERTAGENT_DISTRIBUTION=kubeadm',
      'CERTAGENT_EVENT=renewed',
      'CERTAGENT_NODE=node-1',
      'CERTAGENT_PLAN=20261127T160000Z',
      'CERTAGENT_RENEWED_FILES=/a b.crt',
      '/',
    ]);
  });

  it('for a failure is told which, and of no renewed files', async () => {
    await hook('echo "$CERTAGENT_RESULT $CERTAGENT_ERROR $CERTAGENT_MESSAGE [$CERTAGENT_RENEWED_FILES]"');
    const failure = { result: 'rolled-back', code: 'X', message: 'did not\ncome back' };
    assert.deepEqual((await ran({ on: 'failed' }, { failure })).lines, ['rolled-back X did not come back []']);
  });

  it('runs as the user of the configuration', { skip: !isRoot && 'becoming somebody else wants root' }, async () => {
    await hook('id -u; id -g');
    await chmod(directory, 0o755);
    await chmod(node.root, 0o755);
    assert.deepEqual((await ran({ user: 'web' })).lines, ['4242', '4243']);
    assert.match(String((await ran({ user: 'nobody-knows' })).result), /exited with 217/);
  });

  it('that fails says why, in one printable line', async () => {
    await hook('printf "\\033[31mno route\\033[0m\\a to host\\n\\nmore\\n" >&2; exit 7');
    const { result, lines } = await ran();
    assert.match(
      String(result),
      /HOOK|the hook \/usr\/local\/sbin\/hook exited with 7 after .*: no route\ufffd to host$/,
    );
    assert.equal((result as { code?: string }).code, 'HOOK_FAILED');
    assert.ok(lines.every((line) => !/[\u0000-\u001f]/.test(line)));
  });

  it('that prints without end is ended, and so is one that does not end, with its children', async () => {
    await hook(`exec /usr/bin/yes ${'x'.repeat(1_000)}`);
    const flood = await ran();
    assert.match(String(flood.result), /HOOK_FAILED|exited with|was ended/);
    assert.equal(flood.lines.length, 51);
    assert.match(flood.lines.at(-1)!, /^… and \d+ more lines$/);
    assert.ok(flood.lines.every((line) => line.length <= 402));
    await hook(`/bin/sleep 31${process.pid} & /bin/sleep 32${process.pid}`);
    const slow = await ran({ limit: 300 });
    assert.match(String(slow.result), /did not finish within 0.3 s$/);
    await eventually(async () => (await sleepers()).length === 0);
  });

  it('that a killed certagent has left behind is ended before it runs again', async () => {
    await hook(`test -e ${node.root}/run/again || { touch ${node.root}/run/again; exec /bin/sleep 31${process.pid}; }`);
    const first = ran();
    await eventually(() => existsSync(join(node.root, 'run/again')));
    assert.match(String((await ran({}, { resumed: true })).result), /^exited with 0/);
    assert.equal(((await first).result as { code?: string }).code, 'HOOK_FAILED');
    assert.deepEqual(await sleepers(), []);
  });

  it('that others can change, or that is no program, does not run', async () => {
    for (const [mode, why] of [
      [0o777, /is not run: can be written by others \(mode 0777\)$/],
      [0o644, /is not run: is not executable$/],
    ] as const) {
      await hook(`touch ${node.root}/run/harm`, mode);
      const { result } = await ran();
      assert.equal((result as { code?: string }).code, 'HOOK_REFUSED');
      assert.match(String(result), why);
    }
    await hook(`touch ${node.root}/run/harm`);
    await chmod(join(node.root, 'usr/local/sbin'), 0o777);
    assert.match(
      String((await ran()).result),
      /is not run: \/usr\/local\/sbin can be written by others \(mode 0777\)$/,
    );
    await chmod(join(node.root, 'usr/local/sbin'), 0o755);
    assert.equal(existsSync(join(node.root, 'run/harm')), false);
  });

  it('on a machine without systemd-run fails, and says what is missing', async () => {
    await hook('true');
    const systemdRun = join(node.root, 'usr/bin/systemd-run');
    const program = await readFile(systemdRun);
    await rm(systemdRun);
    const { result } = await ran();
    assert.match(String(result), /could not be started: systemd-run is not on this node/);
    await writeFile(systemdRun, program, { mode: 0o755 });
  });
});

/** Sleeps of this test run. */
async function sleepers(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.some((word) => word === `31${process.pid}` || word === `32${process.pid}`)) found.push(pid);
  }
  return found;
}
