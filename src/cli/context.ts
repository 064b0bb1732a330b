import { resolve } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import { printableJson, short } from '../domain/text/printable.ts';
import { printed } from '../domain/time/printed.ts';
import { CONFIG_FILE, existingRoot, type Root } from '../host/root.ts';
import { yamlTextOf } from '../host/yaml.ts';
import { asciiText, isUtf8 } from './charset.ts';
import { type CommandSpec, OUTPUTS, type OutputFormat } from './command-spec.ts';
import { type Output, standardOutput } from './output.ts';
import { type Paint, paintWith, plain } from './render/paint.ts';

/** What a command works with: the node, how to print, and what the user asked for. */
export type Context = {
  root: Root;
  /** The node's own path. */
  configFile: string;
  /** The user named it on the command line, so it must exist. */
  configNamed: boolean;
  output: OutputFormat;
  paint: Paint;
  /** Columns of the terminal; Infinity when standard output is not a terminal. */
  width: number;
  /** The command's own options, by their long name in camel case. */
  options: Record<string, unknown>;
  argument: string | undefined;
  /** All arguments, where the command takes several. */
  words: string[];
  stdout: Output;
  stderr: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
};

/** The options every command understands, as parsed. */
export type GlobalOptions = { root?: string; config?: string; output?: string; color?: boolean };

/** Throws CertagentError USAGE. */
export function makeContext({
  global,
  spec,
  options,
  argument,
  words,
}: {
  global: GlobalOptions;
  spec: CommandSpec;
  options: Record<string, unknown>;
  argument: string | undefined;
  words: string[];
}): Context {
  if (global.root === '') throw usage('--root is empty', 'Name a directory: --root DIR.');
  const root = existingRoot(resolve(global.root ?? '/'));
  const output = outputOf(global.output ?? 'text', spec);
  const stdout = standardOutput(FOR_PEOPLE.includes(output) && !isUtf8(process.env) ? asciiText : undefined);
  return {
    root,
    configFile: global.config === undefined ? CONFIG_FILE : root.own(resolve(global.config)),
    configNamed: global.config !== undefined,
    output,
    paint: coloured(global.color ?? true, stdout) ? paintWith : plain,
    width: stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    options,
    argument,
    words,
    stdout,
    // Opening a stream takes a millisecond, and few commands use these.
    get stderr() {
      return process.stderr;
    },
    get stdin() {
      return process.stdin;
    },
  };
}

const FOR_PEOPLE: OutputFormat[] = ['text', 'wide'];

function outputOf(value: string, { name, outputs = OUTPUTS }: CommandSpec): OutputFormat {
  const found = outputs.find((output) => output === value);
  if (found !== undefined) return found;
  const known = outputs.length === 1 ? outputs[0] : `${outputs.slice(0, -1).join(', ')} or ${outputs.at(-1)}`;
  throw usage(`${JSON.stringify(short(value, 60))} is not an output format of certagent ${name}`, `Use -o ${known}.`);
}

export function usage(message: string, remedy: string): CertagentError {
  return new CertagentError('USAGE', message, { remedy });
}

/**
 * Whether to colour what goes to a stream. NO_COLOR (https://no-color.org) and --no-color win; FORCE_COLOR and
 * CLICOLOR_FORCE colour what is piped, as into `watch -c`; else the terminal decides.
 */
export function coloured(wanted: boolean, stream: Pick<NodeJS.WriteStream, 'isTTY' | 'hasColors'>): boolean {
  const { NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE } = process.env;
  if (!wanted || NO_COLOR) return false;
  if ([FORCE_COLOR, CLICOLOR_FORCE].some((value) => value !== undefined && value !== '' && value !== '0')) return true;
  return stream.isTTY === true && stream.hasColors();
}

/** Prints a report: as data when asked for, else as `text` makes it. */
export function print(context: Context, report: unknown, text: () => string): void {
  context.stdout.write(`${isData(context.output) ? dataText(context, report) : text().trimEnd()}\n`);
}

/** Whether a program reads the output: it asks nothing and explains nothing. */
export const isData = (output: string | undefined): boolean => output === 'json' || output === 'yaml';

/** A report for a program, as -o wants it, without the last line end. */
export function dataText({ output }: Pick<Context, 'output'>, report: unknown): string {
  const data = printed(report);
  const json = jsonText(data);
  // JSON is YAML too, and has a way to write what a terminal must not see.
  if (output !== 'yaml' || json !== JSON.stringify(data, null, 2)) return json;
  return yamlTextOf(JSON.parse(json)).trimEnd();
}

/** JSON for a program, safe to show on a terminal too. */
function jsonText(data: unknown): string {
  return printableJson(JSON.stringify(data, null, 2));
}
