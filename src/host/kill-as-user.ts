import { spawn } from 'node:child_process';

/**
 * SIGKILL from a process of that user: the unit has no CAP_KILL, without which root may not signal what has another user's rights.
 * `target` as kill(1) takes it: the number of a process, or of a group with a "-" before it. It is not waited for.
 */
export function killAsUser(target: string, { uid, gid }: { uid: number; gid: number }): void {
  const options = { uid, gid, cwd: '/', env: {}, stdio: 'ignore' } as const;
  spawn('/bin/sh', ['-c', 'kill -KILL -- "$1"', 'sh', target], options)
    .on('error', () => {})
    .unref();
}
