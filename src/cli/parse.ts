import { parseArgs } from 'node:util';
import { COMMANDS, type CommandSpec, GLOBAL_OPTIONS, GROUPS, type OptionSpec } from './command-catalogue.ts';
import type { GlobalOptions } from './context.ts';
import { camelCase, readFlags } from './flags.ts';

/** What is wrong with a command line. usage-error.ts makes the sentences: most command lines need none. */
export type Fault =
  | { kind: 'unknown-command' | 'extra-word'; word: string }
  | { kind: 'unknown-option' | 'value-missing' | 'value-unwanted'; option: string };

/** A command line as far as it was understood, so that a fault can be reported in the right form. */
export type CommandLine = {
  /** The command or the group that was named, "config check" or "config"; empty: none. */
  name: string;
  /** What runs: the command, or help or version in its place. */
  spec: CommandSpec;
  global: GlobalOptions;
  /** The command's own options by their long name in camel case, defaults filled in. */
  options: Record<string, unknown>;
  argument: string | undefined;
  /** All arguments, where the command takes several. */
  words: string[];
  fault: Fault | null;
};

const commandNamed = (name: string) => COMMANDS.find((spec) => spec.name === name);
const HELP = commandNamed('help')!;

/**
 * Reads a command line by the catalogue. Global options can be given before and after the command, and of repeated options
 * the last one wins, but where the catalogue says that one repeats.
 */
export function parseCommandLine(argv: string[]): CommandLine {
  // The command decides which options exist, so its words are found first.
  const words = positionals(tokensOf(argv, GLOBAL_OPTIONS));
  const first = words[0] ?? '';
  const name = GROUPS[first] !== undefined && words.length > 1 ? `${first} ${words[1]}` : first;
  const spec = commandNamed(name);
  const known = [...GLOBAL_OPTIONS, ...(spec?.options ?? [])];
  const tokens = tokensOf(argv, known);
  const { values, fault } = valuesOf(tokens, known);
  const global: GlobalOptions = { ...pick(values, 'root', 'config', 'output'), color: values['no-color'] !== true };
  const help = {
    name,
    spec: HELP,
    global: { color: global.color ?? true },
    options: {},
    argument: name,
    words: [],
    fault: null,
  };

  if (values.version === true) return { ...help, spec: commandNamed('version')!, argument: undefined };
  if (spec === undefined) {
    const isGroup = GROUPS[name] !== undefined;
    if (name !== '' && !isGroup) return { ...help, global, fault: fault ?? { kind: 'unknown-command', word: name } };
    return values.help === true ? help : { ...help, ...(fault === null ? {} : { global, fault }) };
  }
  if (values.help === true) return help;
  const rest = positionals(tokens).slice(name.split(' ').length);
  const several = spec.argument?.flags.includes('...') === true;
  const extra = rest[spec.argument === undefined ? 0 : several ? Number.POSITIVE_INFINITY : 1];
  return {
    name,
    spec,
    global,
    options: Object.fromEntries(
      (spec.options ?? []).map(({ flags, fallback }) => {
        const { long } = readFlags(flags);
        return [camelCase(long), values[long] ?? fallback];
      }),
    ),
    argument: several && rest.length > 0 ? rest.join(' ') : rest[0],
    words: rest,
    fault: fault ?? (extra === undefined ? null : { kind: 'extra-word', word: extra }),
  };
}

type Token = ReturnType<typeof tokensOf>[number];

function tokensOf(argv: string[], known: readonly OptionSpec[]) {
  const options = Object.fromEntries(
    known.map(({ flags }) => {
      const { long, short, value } = readFlags(flags);
      return [long, { type: value === null ? 'boolean' : 'string', ...(short === null ? {} : { short }) }] as const;
    }),
  );
  return parseArgs({ args: argv, options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function positionals(tokens: Token[]): string[] {
  return tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
}

/** What the options were given, and the first fault among them. */
function valuesOf(
  tokens: Token[],
  known: readonly OptionSpec[],
): { values: Record<string, string | true>; fault: Fault | null } {
  const values: Record<string, string | true> = {};
  const faults: Fault[] = [];
  const flags = new Map(known.map((spec) => [readFlags(spec.flags).long, readFlags(spec.flags)]));
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName: option, value, inlineValue } = token;
    const found = flags.get(name);
    if (found === undefined) faults.push({ kind: 'unknown-option', option });
    else if (found.value === null && value !== undefined) faults.push({ kind: 'value-unwanted', option });
    // "--root --config x" forgot a value; "--root=--config" did not.
    else if (found.value !== null && (value === undefined || (!inlineValue && /^-./.test(value))))
      faults.push({ kind: 'value-missing', option });
    // Of a group that was given first, nothing may be lost.
    else if (known.some(({ flags, repeats }) => repeats === true && readFlags(flags).long === name) && values[name])
      values[name] += `,${value}`;
    // "-o=json" is how kubectl's users write it.
    else values[name] = value === undefined ? true : option.startsWith('--') ? value : value.replace(/^=/, '');
  }
  return { values, fault: faults[0] ?? null };
}

function pick(values: Record<string, string | true>, ...names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (typeof values[name] === 'string' ? [[name, values[name]]] : [])));
}
