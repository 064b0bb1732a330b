// What can follow each word of a command line, from the catalogue of commands.
import { CODES } from '../domain/alerts/catalogue.ts';
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from './command-catalogue.ts';
import { OUTPUTS, SHELLS } from './command-spec.ts';
import { type Flags, readFlags } from './flags.ts';
import { LEVELS } from './levels.ts';

type Word = { word: string; summary: string };
type Option = Flags & { description: string };

/** What can follow certain words: more words, options, an argument. The path of certagent itself is empty. */
export type Place = {
  path: string;
  words: Word[];
  options: Option[];
  argument: string | null;
  formats: readonly string[];
};

/** Commands that print the names of this node's certificates, and of its plans. */
export const NAMES: Record<string, string> = {
  certificate: 'certagent explain 2>/dev/null',
  plan: "certagent history 2>/dev/null | sed -n 's/.*; plan //p'",
};
/** Words that are the same on each node, by what the catalogue calls the value. */
export const FIXED: Record<string, readonly string[]> = { shell: SHELLS, level: LEVELS, code: CODES };
export const PLACES = places();
export const PATHS = PLACES.map(({ path }) => path).filter((path) => path !== '');

function places(): Place[] {
  const formats = [...new Set(COMMANDS.flatMap(({ outputs = OUTPUTS }) => outputs))];
  const global = GLOBAL_OPTIONS.map(option);
  const inner = ['', ...Object.keys(GROUPS)];
  return [
    ...inner.map((path) => ({ path, words: wordsAfter(path), options: global, argument: null, formats })),
    ...COMMANDS.filter(({ name }) => name !== 'help').map(({ name, argument, options = [], outputs = OUTPUTS }) => ({
      path: name,
      words: [],
      options: [...options.map(option), ...global],
      argument: argument === undefined ? null : readFlags(argument.flags).value,
      formats: outputs,
    })),
    ...[...inner, ...COMMANDS.map(({ name }) => name)].map((path) => ({
      path: `help ${path}`.trim(),
      words: wordsAfter(path),
      options: [],
      argument: null,
      formats: [],
    })),
  ];
}

function option({ flags, description }: { flags: string; description: string }): Option {
  return { ...readFlags(flags), description };
}

/** The words that can follow a group, or certagent: commands' names and groups. */
function wordsAfter(path: string): Word[] {
  const prefix = path === '' ? '' : `${path} `;
  const found = new Map<string, string>();
  for (const { name, summary } of COMMANDS) {
    if (!name.startsWith(prefix)) continue;
    const word = name.slice(prefix.length).split(' ')[0]!;
    found.set(word, path === '' ? (GROUPS[word] ?? summary) : summary);
  }
  return [...found].map(([word, summary]) => ({ word, summary }));
}

/** Shell patterns of PATH:OPTION, for the options that satisfy `wanted`. Options of every command have one pattern. */
export function patterns(wanted: (option: Option) => boolean): string[] {
  const global = GLOBAL_OPTIONS.map(option);
  const spelled = (path: string, { long, short }: Option) =>
    [...(short === null ? [] : [`-${short}`]), `--${long}`].map((flag) => `${path}:${flag}`);
  return [
    ...global.filter(wanted).flatMap((one) => spelled('*', one)),
    ...COMMANDS.flatMap(({ name, options = [] }) =>
      options
        .map(option)
        .filter(wanted)
        .flatMap((one) => spelled(name, one)),
    ),
  ];
}
