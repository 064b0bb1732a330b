import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../domain/model/errors.ts';

/** Between SIGTERM and SIGKILL, in milliseconds. */
const GRACE = 5_000;
const LOOK_AGAIN = 25;
/** Until the kernel has taken away what SIGKILL has ended. */
const REAPED_WITHIN = 1_000;

/**
 * Ends a process group: SIGTERM, and SIGKILL when something of it is left after five seconds. Returns when nothing of it is
 * left, or a second after SIGKILL (a process in uninterruptible sleep, as on a dead NFS server, stays). While one process of
 * the group is there, the kernel gives its number to nobody else.
 */
export async function endGroup(leader: number | undefined): Promise<void> {
  if (leader === undefined) return;
  signal(leader, 'SIGTERM');
  if (!(await isGone(leader, GRACE))) {
    signal(leader, 'SIGKILL');
    await isGone(leader, REAPED_WITHIN);
  }
}

async function isGone(leader: number, within: number): Promise<boolean> {
  const end = performance.now() + within;
  while (signal(leader, 0)) {
    if (performance.now() > end) return false;
    await sleep(LOOK_AGAIN);
  }
  return true;
}

/** False when the group does not exist. A group of another user's processes (EPERM) exists. */
function signal(leader: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, name);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
