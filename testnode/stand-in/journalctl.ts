// Stand-in for journalctl: what the node's one unit has logged, its last start alone where _SYSTEMD_INVOCATION_ID names that.
// Simplified: other matches are not known; of the options --lines (-n) and --reverse count, and every format is "cat".
import { readNodeRecord, unitOf } from '../options.ts';
import { loggedBy } from './units.ts';

export async function journalctl(root: string, words: string[]): Promise<void> {
  const value = (name: string) => words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const logged = loggedBy(root, unitOf(readNodeRecord(root).kind), value('_SYSTEMD_INVOCATION_ID'));
  const lines = Number(value('--lines') ?? words[words.indexOf('-n') + 1] ?? Number.NaN);
  const last = Number.isInteger(lines) ? logged.slice(-lines) : logged;
  // The time is the journal's, not the message's.
  const messages = last.map((line) => line.replace(/^\S+ /, ''));
  for (const message of words.includes('--reverse') ? messages.reverse() : messages)
    process.stdout.write(`${message}\n`);
}
