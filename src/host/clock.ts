import { readlink } from 'node:fs/promises';
import type { ClockTrust } from '../domain/model/inventory.ts';
import { findCommand, run } from './commands.ts';
import { readTextIfThere } from './files.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';

/** Whether the node's clock is synchronised, as timedatectl says; null when nobody can tell. */
export async function clockTrust(root: Root): Promise<Pick<ClockTrust, 'synchronized' | 'detail'>> {
  if ((await findCommand(root, 'timedatectl')) === null)
    return { synchronized: null, detail: 'timedatectl is not on this node' };
  const result = await run(root, 'timedatectl', ['show', '--property=NTPSynchronized'], {
    limit: PROGRAMS.clock.limit,
  });
  const answer = result.stdout.trim();
  if (answer === 'NTPSynchronized=yes') return { synchronized: true, detail: 'synchronised' };
  if (answer === 'NTPSynchronized=no') return { synchronized: false, detail: 'timedatectl: not synchronised' };
  return { synchronized: null, detail: 'timedatectl does not tell' };
}

/** IANA name of the node's time zone: /etc/timezone, else the link /etc/localtime, else UTC. */
export async function timeZone(root: Root): Promise<string> {
  const link = await readlink(root.at('/etc/localtime')).catch(() => '');
  const name = link.includes('/zoneinfo/')
    ? link.slice(link.indexOf('/zoneinfo/') + 10)
    : ((await readTextIfThere(root.at('/etc/timezone')).catch(() => null)) ?? '').trim();
  return isTimeZone(name) ? name : 'UTC';
}

export function isTimeZone(name: string): boolean {
  if (name === '') return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
