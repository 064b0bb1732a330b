import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PROGRAMS } from '../host/programs.ts';
import { COPIES_HELPER, ourselves } from '../host/self.ts';
import type { Answer, Hello, Identity, Request } from './messages.ts';

/** `ask` never throws: a helper that dies or does not answer in time is a `failed` answer. */
export type CopyHelper = { ask(request: Request): Promise<Answer>; end(): void };

/** A home on a network file system that does not answer, or a file made to keep the parser busy. Milliseconds. */
const LIMIT = PROGRAMS.copiesHelper.limit;

/** How long a helper that has answered everything gets to end by itself. Milliseconds. */
const GRACE = 2_000;

/**
 * Starts a helper process that becomes `hello.identity`. Secrets go over its standard input, nothing over arguments.
 * `child`: its process, for tests that let it be killed or meddled with.
 */
export function startHelper(hello: Hello, child: ChildProcess = spawnHelper()): CopyHelper {
  let settle: ((answer: Answer) => void) | null = null;
  let ended = false;
  const tell = (answer: Answer) => {
    settle?.(answer);
    settle = null;
  };
  const end = (why: string) => {
    ended = true;
    tell({ is: 'failed', why });
  };
  child.on('error', () => end('could not be looked at: its helper process did not start'));
  child.once('close', () => end('could not be looked at: its helper process ended early'));
  // A helper that ended makes writing to it fail; `close` tells.
  child.stdin!.on('error', () => {});
  createInterface({ input: child.stdout! }).on('line', (line) => tell(parse(line)));
  child.stdin!.write(`${JSON.stringify(hello)}\n`);
  return {
    ask(request) {
      if (ended)
        return Promise.resolve({ is: 'failed', why: 'could not be looked at: its helper process ended early' });
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          end('did not answer within 20 s');
          kill(child, hello.identity);
        }, LIMIT);
        settle = (answer) => {
          clearTimeout(timer);
          resolve(answer);
        };
        child.stdin!.write(`${JSON.stringify(request)}\n`);
      });
    },
    end() {
      ended = true;
      child.stdin!.end();
      if (isOver(child)) return;
      // One that its user stops now would stay for good, and certagent's own end would wait for it.
      const timer = setTimeout(() => {
        kill(child, hello.identity);
        child.stdin!.destroy();
        child.stdout!.destroy();
        child.unref();
      }, GRACE);
      child.once('exit', () => clearTimeout(timer));
    },
  };
}

/** The one place that knows how to start the helper. It gets no environment: NODE_OPTIONS would run others' code as root. */
function spawnHelper(): ChildProcess {
  const { program, first } = ourselves();
  return spawn(program, [...first, COPIES_HELPER], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LANG: 'C' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/**
 * Ends a helper that hangs, be it that its user has stopped it. The unit has no CAP_KILL, without which root may not signal
 * what has another user's rights; that user may.
 */
function kill(child: ChildProcess, identity: Identity | null): void {
  if (isOver(child) || child.kill('SIGKILL') || identity === null) return;
  const { uid, gid } = identity;
  const options = { uid, gid, cwd: '/', env: {}, stdio: 'ignore', timeout: PROGRAMS.endHelper.limit } as const;
  spawn('/bin/sh', ['-c', 'kill -KILL "$1"', 'sh', String(child.pid)], options)
    .on('error', () => {})
    .unref();
}

function isOver({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

function parse(line: string): Answer {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return { is: 'failed', why: 'could not be looked at: its helper process answered nonsense' };
  }
}
