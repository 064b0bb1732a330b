// `certagent run` as a process, for tests of the whole daemon.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestNode } from '../../testnode/node.ts';

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
export type Daemon = { child: ChildProcess; log: () => string; ended: Promise<[number | null, string | null]> };

export function start(t: TestContext, node: TestNode, env: Record<string, string> = {}): Daemon {
  const child = spawn(process.execPath, [MAIN, '--root', node.root, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk));
  const ended = once(child, 'exit') as Daemon['ended'];
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return { child, log: () => log, ended };
}

/** Asks until the answer is as wanted, at most a minute. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean, what: string): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await ask().catch(() => null);
    if (answer !== null && wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`did not come about: ${what}`);
}
