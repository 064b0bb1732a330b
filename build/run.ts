import { execFileSync } from 'node:child_process';

type Options = { cwd?: string; env?: Record<string, string> };

/** Runs a program of the build machine; prints its output only when it fails. Returns standard output. */
export function run(program: string, words: string[], { cwd, env }: Options = {}): string {
  return execFileSync(program, words, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** The first of the programs that exists, or null. */
export function firstThere(...programs: string[]): string | null {
  return (
    programs.find((program) => {
      try {
        run(program, ['--version']);
        return true;
      } catch {
        return false;
      }
    }) ?? null
  );
}
