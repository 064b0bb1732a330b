import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import { printable, printableJson, printableLines } from '../domain/text/printable.ts';

const require = createRequire(import.meta.url);

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** `auto`: text on a terminal and in the journal, JSON elsewhere. */
export type LogFormat = 'auto' | 'text' | 'json';
export type LogSettings = { level: LogLevel; format: LogFormat };

/** What the rest of certagent logs with. Fields first, then one sentence; no secret in either. */
export type Log = Pick<Logger, LogLevel> & {
  /** Takes other settings while the process runs. */
  configure(settings: LogSettings): void;
};

/**
 * Lines on standard output: JSON, or text with the facts after it. pino's own transports are worker threads, which do not work
 * in a bundle: every format is made of pino's JSON.
 */
export function makeLog(settings: LogSettings, out: NodeJS.WriteStream = process.stdout): Log {
  const { pino } = require('pino') as typeof import('pino');
  let { format } = settings;
  const isInJournal = leadsToJournal(process.env.JOURNAL_STREAM);
  const formatted = (json: string): string => {
    // JSON escapes what is below U+0020; the rest that steers a terminal is escaped here.
    if (format === 'json' || (format === 'auto' && !out.isTTY && !isInJournal)) return printableJson(json);
    return isInJournal ? forJournal(JSON.parse(json)) : `${forPerson(JSON.parse(json))}\n`;
  };
  const options = {
    level: settings.level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    hooks: { streamWrite: formatted },
  };
  const logger = out.isTTY
    ? pino(options, { write: (line: string) => out.write(line) })
    : pino(options, pino.destination({ fd: 1, sync: true }));
  return Object.assign(logger, {
    configure: (next: LogSettings) => {
      logger.level = next.level;
      format = next.format;
    },
  });
}

/** systemd names the device and the inode of the journal's socket (systemd.exec(5)). */
function leadsToJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(1, { bigint: true });
  return stream === `${dev}:${ino}`;
}

/** For commands that print their own results. */
export const silentLog: Log = {
  configure: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

type Line = { level: string; time: string; msg: string; [fact: string]: unknown };

/** The priorities of syslog(3) that journald takes from the beginning of a line (sd-daemon(3)). */
const PRIORITY: Record<string, number> = { error: 3, warn: 4, info: 6, debug: 7 };

/** journald keeps the time. A text of several lines becomes entries of one priority. */
function forJournal({ level, time: _, msg, ...facts }: Line): string {
  const [first, ...more] = printableLines(msg).split('\n');
  const listed = factsOf(facts);
  const lines = [listed.length === 0 ? first : `${first} (${listed.join(', ')})`, ...more];
  return lines.map((line) => `<${PRIORITY[level] ?? 6}>${line}\n`).join('');
}

function forPerson({ level, time, msg, ...facts }: Line): string {
  // The message for a refused configuration has several lines.
  return [time.slice(11, 19), level.padEnd(5), printableLines(msg), ...factsOf(facts)].join(' ');
}

function factsOf(facts: Record<string, unknown>): string[] {
  return Object.entries(facts).map(([key, value]) =>
    printable(`${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`),
  );
}
