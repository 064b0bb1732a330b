// Loaded into the agent's process alone (`node --import`), before anything of certagent: counts the calls that change
// something outside of the process (files, children), and at the call that CRASH_AT names stops the process as a power
// button would. Product code knows nothing of this, and a call that is added tomorrow is counted tomorrow.
import childProcess from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import { lose, remember, rememberChild, synced } from './volatile.ts';

type Call = (this: unknown, ...given: unknown[]) => unknown;

const { CRASH_AT, CRASH_SIGNAL = 'SIGKILL', CRASH_LOG, CRASH_ROOT = '' } = process.env;
const at = Number(CRASH_AT ?? 0);
/** The signal POWER is a SIGKILL after which nothing is there that was not synced. */
const power = CRASH_SIGNAL === 'POWER';
const sudden = CRASH_SIGNAL !== 'SIGTERM';
const { unlinkSync, writeSync } = fs;
const log = CRASH_LOG === undefined ? null : fs.openSync(CRASH_LOG, 'w');
let points = 0;
let last = '';

/** One point. SIGKILL does not return; SIGTERM does, and the agent does what it does at SIGTERM. */
function point(what: string): void {
  points += 1;
  if (log !== null) writeSync(log, `${what.replaceAll(CRASH_ROOT, '').replace(/[0-9a-f]{12}\.tmp/, '….tmp')}\n`);
  if (points !== at) return;
  if (power) lose();
  process.kill(process.pid, power ? 'SIGKILL' : CRASH_SIGNAL);
}

function wrap(owner: object, name: string, around: (call: Call) => Call): void {
  const holder = owner as Record<string, Call>;
  const call = holder[name];
  if (call === undefined) throw new Error(`${name} does not exist, so it cannot be wrapped`);
  holder[name] = around(call);
}

/** Paths of open handles, for a log that can be read. */
const names = new WeakMap<object, string>();
const nameOf = (given: unknown): string => (typeof given === 'string' ? given : String(given));

const simple =
  (name: string) =>
  (call: Call): Call =>
    function (this: unknown, ...given) {
      const handle = names.get(this as object);
      const paths = TWO.includes(name) ? given.slice(0, 2) : given.slice(0, 1);
      point(`${name} ${handle ?? paths.map(nameOf).join(' ')}`);
      if (!power) return call.apply(this, given);
      const done = remember(name, nameOf(given[0]), nameOf(given[1]));
      return Promise.resolve(call.apply(this, given)).then((result) => {
        done();
        if (handle !== undefined && /sync$/.test(name)) synced(handle);
        return result;
      });
    };

const counted =
  (name: string) =>
  (call: Call): Call =>
    function (this: unknown, ...given) {
      point(`${name} ${nameOf(given[0])}`);
      return call.apply(this, given);
    };

const TWO = ['rename', 'link', 'symlink', 'cp', 'copyFile'];

/** Before a tree is removed (a single file, too), and after half of it is: the half that hurts most, what names the rest. */
const pruned = (call: Call): Call =>
  async function (this: unknown, ...given) {
    const [path, options] = given as [string, { recursive?: boolean } | undefined];
    point(`rm ${path}`);
    if (power) remember('rm', path, '')();
    if (options?.recursive !== true || !fs.existsSync(path)) return call.apply(this, given);
    if (points + 1 === at && sudden) {
      const entries = fs.readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      const files = entries.map((entry) => `${entry.parentPath}/${entry.name}`).sort((a, b) => a.length - b.length);
      for (const file of files.slice(0, Math.ceil(files.length / 2))) unlinkSync(file);
    }
    point(`half of rm ${path}`);
    return call.apply(this, given);
  };

/** Before the write, and after half of its bytes are in the file. */
const halved =
  (name: string) =>
  (call: Call): Call =>
    async function (this: unknown, ...given) {
      const path = names.get(this as object) ?? '?';
      point(`${name} ${path}`);
      if (power) remember('write', path, '')();
      if (points + 1 === at && sudden) {
        const bytes = Buffer.from(given[0] as string | Uint8Array);
        await write.call(this, bytes, 0, bytes.length >> 1);
      }
      point(`half of ${name} ${path}`);
      return call.apply(this, given);
    };

const probe = await promises.open('/dev/null');
const handle = Object.getPrototypeOf(probe) as object;
await probe.close();
const write = (handle as Record<string, Call>).write as Call;
const WRITING = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC;

for (const name of ['write', 'writeFile', 'appendFile']) wrap(handle, name, halved(name));
for (const name of ['writev', 'sync', 'datasync', 'chmod', 'chown', 'truncate', 'utimes'])
  wrap(handle, name, simple(name));
wrap(
  promises,
  'open',
  (call) =>
    async function (this: unknown, ...given) {
      const [path, flags = 'r'] = given as [string, string | number | undefined];
      const writes = typeof flags === 'number' ? (flags & WRITING) !== 0 : flags !== 'r';
      if (writes) point(`open ${path}`);
      if (power && writes) remember('open', path, '')();
      const opened = (await call.apply(this, given)) as object;
      names.set(opened, path);
      return opened;
    },
);
wrap(promises, 'rm', pruned);
const CHANGING = ['appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'lutimes', 'mkdir', 'mkdtemp'];
CHANGING.push('rename', 'rmdir', 'symlink', 'truncate', 'unlink', 'utimes', 'writeFile');
for (const name of CHANGING) {
  wrap(promises, name, simple(name));
  wrap(fs, `${name}Sync`, counted(`${name}Sync`));
}
wrap(fs, 'rmSync', counted('rmSync'));

/** Before a child starts, right after, and after it exits. A question that is repeated counts as one point. */
wrap(
  childProcess,
  'spawn',
  (call) =>
    function (this: unknown, ...given) {
      const [program, words] = given as [string, string[]];
      const line = `${program} ${Array.isArray(words) ? words.join(' ') : ''}`;
      if (line === last) return call.apply(this, given);
      last = line;
      point(`before ${line}`);
      const child = call.apply(this, given) as childProcess.ChildProcess;
      point(`after the start of ${line}`);
      // The holder of the lock is there from the first to the last, and writes nothing.
      const ended = power && program !== 'flock' ? rememberChild(CRASH_ROOT) : () => {};
      child.prependOnceListener('exit', () => {
        ended();
        point(`after the end of ${line}`);
      });
      return child;
    },
);

// The waits between two looks are the agent's own time: nothing outside of it moves quicker for them. What is longer is a
// time limit.
wrap(
  timers,
  'setTimeout',
  (call) =>
    function (this: unknown, ...[delay, ...rest]) {
      const wait = Number(delay ?? 0);
      return call.call(this, wait > 1_000 ? wait : Math.min(wait, 100), ...rest);
    },
);
syncBuiltinESMExports();
