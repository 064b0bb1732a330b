import { createRequire } from 'node:module';
import type { Logger } from 'pino';
import { printable, printableJson, printableLines } from '../domain/text/printable.ts';

const require = createRequire(import.meta.url);

/** What the rest of certagent logs with. Fields first, then one sentence; no secret in either. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> & { level: string };
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * JSON lines on standard output (journald keeps them), or lines for a person when standard output is a terminal.
 * pino's own transports are worker threads, which do not work in a bundle: the format for a person is a plain stream.
 */
export function makeLog(level: LogLevel, out: NodeJS.WriteStream = process.stdout): Log {
  const { pino } = require('pino') as typeof import('pino');
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    // JSON escapes what is below U+0020; the rest that steers a terminal is escaped here.
    hooks: { streamWrite: printableJson },
  };
  if (!out.isTTY) return pino(options, pino.destination({ fd: 1, sync: true }));
  return pino(options, { write: (line: string) => out.write(`${forPerson(JSON.parse(line))}\n`) });
}

/** For commands that print their own results. */
export const silentLog: Log = {
  level: 'silent',
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

function forPerson({ level, time, msg, ...fields }: Record<string, unknown>): string {
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  // The message for a refused configuration has several lines.
  const head = [String(time).slice(11, 19), String(level).padEnd(5), printableLines(String(msg))];
  return [...head, ...rest.map(printable)].join(' ');
}
