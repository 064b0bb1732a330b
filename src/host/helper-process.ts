import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parsedJson } from './json.ts';
import { killAsUser } from './kill-as-user.ts';
import { ourselves } from './self.ts';

/** `answer`: what it wrote; `silent`: nothing within the limit, so it was killed; `ended`: it has exited. */
export type Reply = { is: 'answer'; value: unknown } | { is: 'silent' | 'ended' | 'not-started' | 'nonsense' };

/**
 * A process of certagent that does what may hang. One request at a time, as a line of JSON each way. A line that begins
 * with "+" is progress: it goes to `progress`, and the time limit starts again. Before the first line of progress a process
 * also gets `START`: on a busy node it starts slowly, which does not mean that a file system hangs.
 */
export type HelperProcess = {
  ask(request: unknown, limit: number, progress?: (value: unknown) => void): Promise<Reply>;
  /** Sends a line that has no answer. */
  tell(line: unknown): void;
  end(): void;
};

/** How long a helper may take to start. Milliseconds. */
const START = 20_000;

/** How long a helper that has answered everything gets to end by itself. Milliseconds. */
const GRACE = 2_000;

/** Whom a helper became. */
type Owner = { uid: number; gid: number } | null;

export function startHelperProcess(child: ChildProcess, owner: Owner = null): HelperProcess {
  let settle: ((reply: Reply) => void) | null = null;
  let note: (value: unknown) => void = () => {};
  let ended: Reply | null = null;
  const tell = (reply: Reply) => {
    settle?.(reply);
    settle = null;
  };
  const end = (reply: Reply) => {
    ended ??= reply.is === 'silent' ? { is: 'ended' } : reply;
    tell(reply);
  };
  child.on('error', () => end({ is: 'not-started' }));
  child.once('close', () => end({ is: 'ended' }));
  // Writing to a helper that has ended fails; `close` reports that.
  child.stdin!.on('error', () => {});
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (line.startsWith('+')) note(parsedJson(line.slice(1)));
    else {
      const value = parsedJson(line);
      tell(value === undefined ? { is: 'nonsense' } : { is: 'answer', value });
    }
  });
  const send = (line: unknown) => void child.stdin!.write(`${JSON.stringify(line)}\n`);
  return {
    tell: send,
    ask(request, limit, progress) {
      if (ended !== null) return Promise.resolve(ended);
      return new Promise((resolve) => {
        const start = (patience: number) =>
          setTimeout(() => {
            end({ is: 'silent' });
            abandon(child, owner);
          }, patience);
        let timer = start(progress === undefined ? limit : Math.max(limit, START));
        let isFirst = true;
        note = (value) => {
          if (settle === null) return;
          if (isFirst) {
            clearTimeout(timer);
            timer = start(limit);
            isFirst = false;
          } else timer.refresh();
          progress?.(value);
        };
        settle = (reply) => {
          clearTimeout(timer);
          resolve(reply);
        };
        send(request);
      });
    },
    end() {
      ended ??= { is: 'ended' };
      child.stdin!.end();
      if (isOver(child)) return;
      // A helper that its user stops now would stay forever, and certagent would wait for it at its exit.
      const timer = setTimeout(() => abandon(child, owner), GRACE);
      child.once('exit', () => clearTimeout(timer));
    },
  };
}

/** It gets no environment: NODE_OPTIONS would run others' code as root. */
export function spawnHelper(role: string): ChildProcess {
  const { program, first } = ourselves();
  return spawn(program, [...first, role], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LANG: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** A process that waits for a dead file server may not be killable, so certagent does not wait for it. */
function abandon(child: ChildProcess, owner: Owner): void {
  kill(child, owner);
  child.stdin!.destroy();
  child.stdout!.destroy();
  child.unref();
}

function kill(child: ChildProcess, owner: Owner): void {
  if (isOver(child) || child.kill('SIGKILL') || owner === null) return;
  killAsUser(String(child.pid), owner);
}

function isOver({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}
