// A virtual network that joins machines with each other and with this process, and nothing else.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { command } from '../testnode/support.ts';
import type { Machine } from './machine.ts';

export type Bridge = {
  name: string;
  /** This process's own address. */
  host: string;
  /** Gives the machine, which must have been booted with this bridge, an address. */
  join(machine: Machine, number: number): Promise<string>;
  /** Pulls the machine's plug out of the network, or puts it back. */
  cut(machine: Machine, isCut: boolean): Promise<void>;
  remove(): Promise<void>;
};

const PREFIX = 'ce2e';

/** Of a run that was killed. */
function isLeftOver(name: string): boolean {
  if (!name.startsWith(PREFIX)) return false;
  try {
    return !process.kill(Number(name.slice(PREFIX.length)), 0);
  } catch {
    return true;
  }
}

export async function makeBridge(): Promise<Bridge> {
  for (const left of readdirSync('/sys/class/net').filter(isLeftOver)) await ip('link', 'delete', left);
  const name = `${PREFIX}${process.pid}`;
  // Of the addresses for documentation of networks between machines (RFC 2544), so that nothing real is hidden by it.
  const net = `198.18.${process.pid % 250}`;
  const addressOf = (number: number) => `${net}.${10 + number}`;
  await ip('link', 'add', name, 'type', 'bridge');
  await ip('address', 'add', `${net}.1/24`, 'dev', name);
  await ip('link', 'set', name, 'up');
  const atExit = () => execFileSync('ip', ['link', 'delete', name]);
  process.once('exit', atExit);
  return {
    name,
    host: `${net}.1`,
    async join(machine, number) {
      await inside(machine, 'address', 'add', `${addressOf(number)}/24`, 'dev', 'host0');
      await inside(machine, 'link', 'set', 'host0', 'up');
      return addressOf(number);
    },
    cut: (machine, isCut) => inside(machine, 'link', 'set', 'host0', isCut ? 'down' : 'up'),
    async remove() {
      process.off('exit', atExit);
      await ip('link', 'delete', name);
    },
  };
}

export const addressIn = (bridge: Bridge, number: number): string => bridge.host.replace(/\d+$/, String(10 + number));

async function ip(...words: string[]): Promise<void> {
  const { code, stderr } = await command('ip', words);
  if (code !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

async function inside(machine: Machine, ...words: string[]): Promise<void> {
  const { code, stderr } = await machine.inNetwork('ip', ...words);
  if (code !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}
