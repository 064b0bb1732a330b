// Stand-in for systemctl, for the units that run the node: show, is-active, start, stop, restart, --version.
// Simplified: options other than --property and --no-block are taken and ignored; every other unit is not found.
import { uptime } from 'node:os';
import { readFaults, readNodeRecord } from '../options.ts';
import { hang } from './process.ts';
import { stopTransient } from './systemd-run.ts';
import { show, startUnit, stopUnit, unitsOf } from './units.ts';

export async function systemctl(root: string, words: string[]): Promise<void> {
  if (words.includes('--version')) return print('systemd 255 (255.4-1)\n+PAM +AUDIT +SELINUX +SECCOMP -SYSVINIT');
  const [verb, ...names] = operands(words);
  const units = names.map((name) => name.replace(/\.service$/, ''));
  if (verb === 'show') {
    for (const unit of units) showUnit(root, unit, properties(words));
    return;
  }
  if (verb === 'is-active') return isActive(root, units);
  // systemd's own name for the unit of a systemd-run.
  if ((verb === 'stop' || verb === 'kill') && units.every((unit) => stopTransient(root, unit))) return;
  if (verb === 'start' || verb === 'stop' || verb === 'restart') {
    for (const unit of units) await act(root, verb, unit, !words.includes('--no-block'));
    return;
  }
  fail(`Unknown command verb '${verb ?? ''}'.`, 1);
}

async function act(root: string, verb: 'start' | 'stop' | 'restart', unit: string, block: boolean): Promise<void> {
  const node = readNodeRecord(root);
  const fault = readFaults(root).systemctl;
  if (!unitsOf(node).includes(unit)) {
    return fail(`Failed to ${verb} ${unit}.service: Unit ${unit}.service not found.`, 5);
  }
  if (fault === 'hangs') await hang(root, 'systemctl');
  if (fault === 'fails') return jobFailed(unit);
  if (verb !== 'start') await stopUnit(root, node, unit);
  if (verb !== 'stop' && !(await startUnit(root, node, { unit, block }))) jobFailed(unit);
}

function jobFailed(unit: string): void {
  fail(
    `Job for ${unit}.service failed because the control process exited with error code.\n` +
      `See "systemctl status ${unit}.service" and "journalctl -xeu ${unit}.service" for details.`,
    1,
  );
}

// systemd prints properties in its own order, whatever the order they were asked in, and none that it does not know.
function showUnit(root: string, unit: string, wanted: string[]): void {
  const known = unitsOf(readNodeRecord(root)).includes(unit);
  const { active, sub, pid, enteredAt, invocation } = show(root, unit);
  const all = {
    MainPID: String(known ? pid : 0),
    NRestarts: '0',
    Id: `${unit}.service`,
    LoadState: known ? 'loaded' : 'not-found',
    ActiveState: known ? active : 'inactive',
    SubState: known ? sub : 'dead',
    InvocationID: known ? invocation : '',
    ActiveEnterTimestampMonotonic: known && enteredAt > 0 ? String(monotonic(enteredAt)) : '0',
    ActiveEnterTimestamp: known && enteredAt > 0 ? timestamp(enteredAt) : '',
  };
  for (const [name, value] of Object.entries(all)) {
    if (wanted.length === 0 || wanted.includes(name)) print(`${name}=${value}`);
  }
}

function isActive(root: string, units: string[]): void {
  const states = units.map((unit) => show(root, unit).active);
  print(states.join('\n'));
  if (!states.includes('active')) process.exitCode = 3;
}

/** Microseconds since boot. */
function monotonic(at: number): number {
  return Math.round((uptime() * 1_000 - (Date.now() - at)) * 1_000);
}

function timestamp(at: number): string {
  const date = new Date(at);
  const day = date.toUTCString().slice(0, 3);
  return `${day} ${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)} UTC`;
}

function properties(words: string[]): string[] {
  const lists = words.flatMap((word, index) => {
    if (word.startsWith('--property=')) return [word.slice('--property='.length)];
    return word === '-p' || word === '--property' ? [words[index + 1] ?? ''] : [];
  });
  return lists.flatMap((list) => list.split(','));
}

function operands(words: string[]): string[] {
  return words.filter(
    (word, index) => !word.startsWith('-') && words[index - 1] !== '-p' && words[index - 1] !== '--property',
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string, exitCode: number): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}
