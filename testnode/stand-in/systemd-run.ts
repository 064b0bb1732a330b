// Stand-in for systemd-run: a transient service, whose exit status is systemd-run's own. As with systemd, the service leads
// a session of its own and lives on when systemd-run is killed; `systemctl stop UNIT` ends it.
// Simplified: it always waits and is always collected, with --pipe or without; of the properties it knows RuntimeMaxSec,
// User, WorkingDirectory and Environment, and takes and ignores all others. Where BindPaths= names copies, it is a rehearsal
// (systemd-run-sandbox.ts).
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idOf, isAlive, type ProcessId, readJson } from './process.ts';
import { endRehearsal, expanded, imageOf, rehearse } from './systemd-run-sandbox.ts';

type Service = {
  unit: string;
  properties: Map<string, string>;
  environment: Record<string, string>;
  command: string[];
};

/** Options whose value may be the next word. */
const WITH_VALUE = ['-p', '--property', '-u', '--unit', '--uid', '--gid', '-E', '--setenv', '--description', '--slice'];

export async function systemdRun(root: string, words: string[]): Promise<void> {
  if (imageOf(words) !== undefined) return rehearse(root, words);
  const { unit, properties, environment, command } = serviceOf(words);
  const [program, ...given] = command;
  const rest = given.map(expanded);
  if (program === undefined) return fail('Command line to execute required.', 1);
  if (isLoaded(root, unit))
    return fail(`Failed to start transient service unit: Unit ${unit}.service was already loaded.`, 1);
  const user = properties.get('User');
  const identity = user === undefined ? {} : identityOf(root, user);
  if (identity === null) return process.exit(217); // as systemd: 217/USER
  const limit = seconds(properties.get('RuntimeMaxSec') ?? 'infinity');
  // `timeout` outlives us, as the manager does.
  const limited = limit === null ? [program, ...rest] : ['timeout', '--kill-after=5', String(limit), program, ...rest];
  const child = spawn(limited[0]!, limited.slice(1), {
    detached: true,
    cwd: properties.get('WorkingDirectory') ?? '/',
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', LANG: 'C.UTF-8', ...environment },
    stdio: words.includes('--pipe') || words.includes('-P') ? 'inherit' : 'ignore',
    ...identity,
  });
  mkdirSync(join(root, 'run/demo/transient'), { recursive: true });
  writeFileSync(fileOf(root, unit), JSON.stringify(idOf(child.pid ?? -1)));
  const [code] = await new Promise<[number | null]>((resolve) => {
    child.once('error', () => resolve([203])); // as systemd: 203/EXEC
    child.once('exit', (status) => resolve([status]));
  });
  rmSync(fileOf(root, unit), { force: true });
  // 124 is what `timeout` makes of a time limit; systemd-run makes 1 of a signal.
  process.exitCode = code === null || code === 124 || code === 137 ? 1 : code;
}

/** `systemctl stop` of a transient service; false when there is none of this name. */
export function stopTransient(root: string, unit: string): boolean {
  if (endRehearsal(root, unit)) return true;
  const id = readJson<ProcessId>(fileOf(root, unit));
  rmSync(fileOf(root, unit), { force: true });
  if (id === undefined || !isAlive(id)) return false;
  process.kill(-id.pid, 'SIGKILL');
  return true;
}

function isLoaded(root: string, unit: string): boolean {
  const id = readJson<ProcessId>(fileOf(root, unit));
  return id !== undefined && isAlive(id);
}

function serviceOf(words: string[]): Service {
  const service: Service = { unit: `run-u${process.pid}`, properties: new Map(), environment: {}, command: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (!word.startsWith('-') || word === '--')
      return { ...service, command: words.slice(word === '--' ? at + 1 : at) };
    const [name, joined] = word.split(/=(.*)/s) as [string, string | undefined];
    if (!WITH_VALUE.includes(name)) continue;
    if (joined === undefined) at += 1;
    const value = joined ?? words[at] ?? '';
    if (name === '-p' || name === '--property') setProperty(service, value);
    else if (name === '-u' || name === '--unit') service.unit = value.replace(/\.service$/, '');
    else if (name === '--uid') service.properties.set('User', value);
    else if (name === '-E' || name === '--setenv') setVariable(service, value);
  }
  return service;
}

function setProperty(service: Service, assignment: string): void {
  const [name, value = ''] = assignment.split(/=(.*)/s) as [string, string | undefined];
  if (name === 'Environment') setVariable(service, value);
  else service.properties.set(name, value);
}

function setVariable({ environment }: Service, assignment: string): void {
  const [name, value = ''] = assignment.split(/=(.*)/s) as [string, string | undefined];
  environment[name] = value;
}

function identityOf(root: string, user: string): { uid: number; gid: number } | null {
  const lines = readFileSync(join(root, 'etc/passwd'), 'utf8').split('\n');
  const entry = lines.map((line) => line.split(':')).find(([name, , uid]) => name === user || uid === user);
  if (entry === undefined) return null;
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

const UNITS = { ms: 0.001, s: 1, min: 60, h: 3600 };

/** "90", "90s", "2min"; null: no limit. */
function seconds(time: string): number | null {
  const [, number, unit = 's'] = /^([\d.]+)(ms|s|min|h)?$/.exec(time) ?? [];
  return number === undefined ? null : Number(number) * UNITS[unit as keyof typeof UNITS];
}

const fileOf = (root: string, unit: string): string => join(root, 'run/demo/transient', `${unit}.json`);

function fail(text: string, exitCode: number): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = exitCode;
}
