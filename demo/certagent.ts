import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEnvironment } from '../testnode/launch.ts';

/** How certagent is started: a program, and what goes before certagent's own arguments. */
export type Certagent = { program: string; first: string[] };

/** `certagent --root ROOT …`, with the terminal (its progress line and colours) where `out` is one. */
export async function run({ program, first }: Certagent, root: string, args: string[], out: NodeJS.WritableStream) {
  out.write(`\n$ certagent ${args.join(' ')}\n`);
  const shared = out === process.stdout;
  const child = spawn(program, [...first, '--root', root, ...args], {
    stdio: ['ignore', shared ? 'inherit' : 'pipe', shared ? 'inherit' : 'pipe'],
    env: { ...process.env, ...startEnvironment() },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(out, { end: false });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`certagent ${args.join(' ')} exited with ${code}`);
}

export async function startDaemon({ program, first }: Certagent, root: string): Promise<{ stop(): Promise<void> }> {
  const log: Buffer[] = [];
  const child = spawn(program, [...first, '--root', root, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...startEnvironment() },
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => log.push(chunk));
  const ended = once(child, 'exit');
  if (!(await listens(join(root, 'run/certagent/control.sock'))))
    throw new Error(`the daemon did not start:\n${Buffer.concat(log)}`);
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits for a unix socket that accepts, at most a minute: the daemon may be an emulated one. */
async function listens(path: string): Promise<boolean> {
  for (let tries = 0; tries < 600; tries++) {
    const socket = connect(path);
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (accepted) return true;
    await sleep(100);
  }
  return false;
}
