import { resolve } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import { printableJson } from '../domain/text/printable.ts';
import { CONFIG_FILE, existingRoot, type Root } from '../host/root.ts';
import { type Paint, paintWith, plain } from './render/paint.ts';

export type Output = 'text' | 'wide' | 'json';

/** What a command works with: the node, how to print, what was asked. */
export type Context = {
  root: Root;
  /** The node's own path. */
  configFile: string;
  /** It was named on the command line: then it has to be there. */
  configNamed: boolean;
  output: Output;
  paint: Paint;
  /** Columns of the terminal; Infinity when standard output is none. */
  width: number;
  /** The command's own options, by their long name in camel case. */
  options: Record<string, unknown>;
  argument: string | undefined;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
};

/** The options every command understands, as parsed. */
export type GlobalOptions = { root?: string; config?: string; output?: string; color?: boolean };

/** Throws CertagentError USAGE. */
export function makeContext(
  global: GlobalOptions,
  command: { name: string; options: Record<string, unknown>; argument?: string | undefined },
): Context {
  if (global.root === '') throw usage('--root is empty', 'Name a directory: --root DIR');
  const root = existingRoot(resolve(global.root ?? '/'));
  const { stdout } = process;
  return {
    root,
    configFile: global.config === undefined ? CONFIG_FILE : root.own(resolve(global.config)),
    configNamed: global.config !== undefined,
    output: outputOf(global.output ?? 'text', command.name),
    paint: coloured(global.color ?? true, stdout) ? paintWith : plain,
    width: stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    options: command.options,
    argument: command.argument,
    stdout,
    // Each stream costs a millisecond to open, and few commands use these.
    get stderr() {
      return process.stderr;
    },
    get stdin() {
      return process.stdin;
    },
  };
}

function outputOf(value: string, command: string): Output {
  const known = command === 'status' ? ['text', 'wide', 'json'] : ['text', 'json'];
  if (known.includes(value)) return value as Output;
  throw usage(`-o ${value} is no output of ${command}`, `Say ${known.map((format) => `-o ${format}`).join(' or ')}.`);
}

export function usage(message: string, remedy: string): CertagentError {
  return new CertagentError('USAGE', message, { remedy });
}

/** https://no-color.org: NO_COLOR set to anything but the empty string. */
export function coloured(wanted: boolean, stream: NodeJS.WriteStream): boolean {
  return wanted && stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** Prints a report: as JSON when asked for, else as `text` makes it. */
export function print(context: Context, report: unknown, text: () => string): void {
  context.stdout.write(`${context.output === 'json' ? jsonText(report) : text().trimEnd()}\n`);
}

/** JSON for a program, which a terminal can be shown all the same. */
export function jsonText(data: unknown): string {
  return printableJson(JSON.stringify(data, null, 2));
}
