import { type ChildProcess, spawn } from 'node:child_process';
import { errorCode } from '../domain/model/errors.ts';
import { killAsUser } from './kill-as-user.ts';
import type { User } from './users.ts';

export type UserProgram = {
  /** Paths of this machine and arguments. */
  command: string[];
  user: User;
  environment: Record<string, string>;
  /** It gets this on its standard input. */
  input: string;
  /** Milliseconds, after which its whole process group is killed. */
  limit: number;
  signal?: AbortSignal | undefined;
};

/** `why`: null when it exited with 0, else "exited with 1", "did not finish in time", "could not be started (EACCES)". */
export type UserProgramResult = { why: string | null };

/**
 * Runs a program with the rights of a user. What it prints goes nowhere: it can quote a password. It runs in certagent's
 * own sandbox, with neither its environment nor its groups.
 */
export function runAsUser(program: UserProgram): Promise<UserProgramResult> {
  const { command, user, environment, input, limit, signal } = program;
  const [path = '', ...args] = command;
  return new Promise((resolve) => {
    const isUs = process.getuid?.() === user.uid;
    const child = spawn(path, args, {
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', HOME: user.home, USER: user.name, ...environment },
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      ...(isUs ? {} : { uid: user.uid, gid: user.gid }),
    });
    const end = (why: string | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve({ why });
    };
    const give = (why: string) => {
      killGroup(child, user);
      child.unref();
      end(why);
    };
    const abort = () => give('was stopped');
    const timer = setTimeout(() => give('did not finish in time'), limit);
    signal?.addEventListener('abort', abort, { once: true });
    child.once('error', (error) => end(`could not be started (${errorCode(error)})`));
    child.once('exit', (code, name) =>
      end(code === 0 ? null : code === null ? `was ended by ${name}` : `exited with ${code}`),
    );
    // It may not read its input.
    child.stdin!.on('error', () => {});
    child.stdin!.end(input);
    if (signal?.aborted === true) abort();
  });
}

function killGroup({ pid }: ChildProcess, user: User): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) === 'EPERM') killAsUser(`-${pid}`, user);
  }
}
