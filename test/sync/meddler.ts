// Loaded into a helper process before its own code: at a chosen call of node:fs the process is killed, or does to the home
// what its user could do at that very moment. It runs with that user's rights, as the helper does.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/** `at` counts calls from 1 since the request or, `across`, since the order was given. */
export type Order =
  | { id: string; kind: 'kill'; at: number }
  | { id: string; kind: 'meddle'; at: number; attack: keyof typeof attacks; home: string };

const real = { ...fs };
const file = process.env.CERTAGENT_TEST_ORDER!;
let order: Order | null = null;
let calls = 0;
let armed = false;

const MUTATING = [
  'mkdirSync',
  'fchmodSync',
  'fchownSync',
  'fsyncSync',
  'linkSync',
  'renameSync',
  'unlinkSync',
] as const;
const READING = ['lstatSync', 'fstatSync', 'readSync', 'opendirSync', 'closeSync'] as const;

/** What the owner of a home can do to it. `victim` and `fifo` lie beside it. */
const attacks = {
  'the directory becomes a link'(home: string) {
    real.renameSync(join(home, '.kube'), join(home, 'moved'));
    real.symlinkSync('elsewhere', join(home, '.kube'));
  },
  'the copy becomes a link'(home: string) {
    real.unlinkSync(join(home, '.kube/config'));
    real.symlinkSync('../victim', join(home, '.kube/config'));
  },
  'the copy becomes a hard link'(home: string) {
    real.unlinkSync(join(home, '.kube/config'));
    real.linkSync(join(home, 'victim'), join(home, '.kube/config'));
  },
  'the copy becomes a FIFO'(home: string) {
    real.renameSync(join(home, 'fifo'), join(home, '.kube/config'));
  },
  'the copy becomes another file'(home: string) {
    real.writeFileSync(join(home, 'other'), 'kind: Config\n');
    real.renameSync(join(home, 'other'), join(home, '.kube/config'));
  },
  'the copy is gone'(home: string) {
    real.unlinkSync(join(home, '.kube/config'));
  },
  'a temporary file becomes a link'(home: string) {
    for (const name of real.readdirSync(join(home, '.kube')).filter((each) => each.endsWith('.tmp'))) {
      real.unlinkSync(join(home, '.kube', name));
      real.symlinkSync('../victim', join(home, '.kube', name));
    }
  },
  'a link takes the name of the backup and of the lock'(home: string) {
    for (const name of ['config.certagent-backup', 'config.lock']) {
      real.rmSync(join(home, '.kube', name), { force: true });
      real.symlinkSync('../victim', join(home, '.kube', name));
    }
  },
};

/** Every attack's name. */
export const ATTACKS = Object.keys(attacks) as (keyof typeof attacks)[];

function before(mutates: boolean): void {
  if (!armed) return;
  const given = JSON.parse(real.readFileSync(file, 'utf8')) as Order;
  if (given.id !== order?.id) {
    order = given;
    calls = 0;
  }
  if (order.kind === 'kill' && !mutates) return;
  calls += 1;
  if (calls !== order.at) return;
  real.writeFileSync(`${file}.hit`, order.id);
  if (order.kind === 'kill') process.kill(process.pid, 'SIGKILL');
  else attacks[order.attack](order.home);
}

function wrap(): void {
  const calls = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of [...MUTATING, ...READING]) {
    const original = real[name] as (...args: unknown[]) => unknown;
    calls[name] = (...args) => {
      before((MUTATING as readonly string[]).includes(name));
      return original(...args);
    };
  }
  calls.openSync = (...args) => {
    before((Number(args[1]) & fs.constants.O_CREAT) !== 0);
    const fd = real.openSync(...(args as Parameters<typeof fs.openSync>));
    // The helper's own first step is the root prefix; what follows is on behalf of requests.
    armed ||= args[1] === (fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    return fd;
  };
  calls.writeFileSync = (...args) => {
    before(true);
    if (typeof args[0] === 'number' && Buffer.isBuffer(args[1])) {
      const half = args[1].length >> 1;
      real.writeFileSync(args[0], args[1].subarray(0, half));
      before(true);
      real.writeFileSync(args[0], args[1].subarray(half));
    } else real.writeFileSync(...(args as Parameters<typeof fs.writeFileSync>));
  };
  syncBuiltinESMExports();
}

if (file !== undefined) wrap();
