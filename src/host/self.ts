import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** certagent is one program. With this first word it is the process that reads and writes a user's copies. */
export const COPIES_HELPER = 'internal:copies-helper';
export const LOOK_HELPER = 'internal:look-helper';
export const WATCH_HELPER = 'internal:watch-helper';
export const SANDBOX_HELPER = 'internal:rehearsal-helper';

/** Variables that Node.js and OpenSSL read: other CAs, no check of certificates, foreign code, a log of secrets. */
const STEERS_NODE = /^(NODE|OPENSSL|SSL)_/;

/** The names of such variables in an environment. A compile cache among the source tree's own packages is as trusted as these. */
export function steeringVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter(
    (name) => STEERS_NODE.test(name) && !(name === 'NODE_COMPILE_CACHE' && isOwnCache(env)),
  );
}

function isOwnCache({ NODE_COMPILE_CACHE: directory = '' }: NodeJS.ProcessEnv): boolean {
  const own = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
  return !isSea() && directory.startsWith(own) && !directory.includes('/../');
}

export type Ourselves = {
  /** Absolute path of what to start. */
  program: string;
  /** What goes before certagent's own arguments. */
  first: string[];
};

/** How to start this same certagent again: the single executable, or Node.js with the source tree. */
export function ourselves(): Ourselves {
  if (isSea()) return executable();
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  return { program: process.execPath, first: ['--disable-warning=ExperimentalWarning', main] };
}

/**
 * An executable of another architecture runs under qemu-user, which the kernel does not know to start for our children.
 * qemu makes /proc/self fit the emulated program, and leaves the facts in /proc/thread-self: its own path, and
 * its command line with its own options before ours.
 */
function executable(): Ourselves {
  const running = readlinkSync('/proc/thread-self/exe');
  if (!basename(running).startsWith('qemu-')) return { program: process.execPath, first: [] };
  const words = readFileSync('/proc/thread-self/cmdline', 'utf8').split('\0').slice(1);
  const ours = words.findIndex((word) => basename(word) === basename(process.execPath));
  return { program: running, first: [...words.slice(0, Math.max(ours, 0)), process.execPath] };
}

/**
 * The name in `ps -C`, `pgrep -x` and `systemctl status`, which Node.js makes "MainThread". process.title would replace the
 * arguments as well.
 */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name);
  } catch {
    // A name less: nothing depends on it.
  }
}
