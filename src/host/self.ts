import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';

/** certagent is one program. Told by its first word, it is also the processes that it starts besides its commands. */
export const COPIES_HELPER = 'internal:copies-helper';
export const LOOK_HELPER = 'internal:look-helper';
export const WATCH_HELPER = 'internal:watch-helper';

export type Ourselves = {
  /** Absolute path of what to start. */
  program: string;
  /** What goes before certagent's own arguments. */
  first: string[];
};

/** How this very certagent is started once more: the single executable, or Node.js with the source tree. */
export function ourselves(): Ourselves {
  if (isSea()) return executable();
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  return { program: process.execPath, first: ['--disable-warning=ExperimentalWarning', main] };
}

/**
 * An executable of another architecture runs under qemu-user, which the kernel does not know to start for our children.
 * qemu makes what /proc/self tells fit the emulated program, and leaves the truth in /proc/thread-self: its own path, and
 * its command line with its own options before ours.
 */
function executable(): Ourselves {
  const running = readlinkSync('/proc/thread-self/exe');
  if (!basename(running).startsWith('qemu-')) return { program: process.execPath, first: [] };
  const words = readFileSync('/proc/thread-self/cmdline', 'utf8').split('\0').slice(1);
  const ours = words.findIndex((word) => basename(word) === basename(process.execPath));
  return { program: running, first: [...words.slice(0, Math.max(ours, 0)), process.execPath] };
}
