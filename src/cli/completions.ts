// The shell completions, made from the catalogue of commands.
import { COMMANDS, GLOBAL_OPTIONS, GROUPS } from './command-catalogue.ts';
import { OUTPUTS } from './command-spec.ts';
import { FIXED, NAMES } from './completed-values.ts';
import { type Flags, readFlags } from './flags.ts';

type Word = { word: string; summary: string };
type Option = Flags & { description: string };

/** What can follow certain words: more words, options, an argument. The path of certagent itself is empty. */
type Place = { path: string; words: Word[]; options: Option[]; argument: string | null; formats: readonly string[] };

const PLACES = places();
const PATHS = PLACES.map(({ path }) => path).filter((path) => path !== '');

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
function patterns(wanted: (option: Option) => boolean): string[] {
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

/** Values that a shell can complete; of the others only a person knows. */
const COMPLETED = ['dir', 'file', 'format', ...Object.keys(NAMES), ...Object.keys(FIXED)];

const withValue = patterns(({ value }) => value !== null);
/** PATH:WORD for each word that leads from one place to the next. */
const steps = PATHS.map((path) => path.replace(/(^| )([^ ]+)$/, ':$2'));

const bashPattern = (all: string[]) =>
  all.map((each) => each.split('*').map(quoted).join('*').replaceAll("''*", '*')).join('|');

export function bashCompletion(): string {
  const formats = PLACES.filter((place) => place.formats.length > 0).map(
    (place) =>
      `    ${quoted(`${place.path}:-o`)}|${quoted(`${place.path}:--output`)}) words="${place.formats.join(' ')}" ;;`,
  );
  const words = PLACES.flatMap(({ path, words: next, argument }) => {
    const all = FIXED[argument ?? ''] ?? next.map(({ word }) => word);
    return all.length === 0 ? [] : [`    ${quoted(path)}) words="${all.join(' ')}" ;;`];
  });
  const options = PLACES.filter((place) => place.options.length > 0).map(
    (place) => `    ${quoted(place.path)}) options="${place.options.map(({ long }) => `--${long}`).join(' ')}" ;;`,
  );
  const files = PLACES.filter(({ argument }) => argument === 'file').map(({ path }) => path);
  const named = Object.entries(NAMES).map(([name, command]) => {
    const paths = PLACES.filter(({ argument }) => argument === name).map(({ path }) => quoted(path));
    return `    ${paths.join('|')}) words="$(${command})" ;;`;
  });
  const values = [
    ...Object.entries(FIXED).map(([name, all]) => [name, all.join(' ')]),
    ...Object.entries(NAMES).map(([name, command]) => [name, `$(${command})`]),
  ].flatMap(([name, all]) => {
    const pattern = bashPattern(patterns(({ value }) => value === name));
    return pattern === '' ? [] : [`    ${pattern}) words="${all}" ;;`];
  });
  return `# bash completion of certagent
_certagent() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" word skip="" words="" options=""
  # Bash splits --option=value at the equals sign.
  if [[ $current == "=" ]]; then current=""
  elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == "=" ]]; then skip=1; continue; fi
    if [[ -n $skip ]]; then skip=""; continue; fi
    case "$path:$word" in
      ${bashPattern(withValue)}) skip=1 ;;
      ${bashPattern(steps)}) path="\${path:+$path }$word" ;;
    esac
  done
  COMPREPLY=()
  case "$path:$previous" in
    ${bashPattern(patterns(({ value }) => value === 'dir'))}) compopt -o dirnames; return ;;
    ${bashPattern(patterns(({ value }) => value === 'file'))}) compopt -o default; return ;;
${formats.join('\n')}
${values.join('\n')}
    ${bashPattern(patterns(({ value }) => value !== null && !COMPLETED.includes(value)))}) return ;;
    *)
      case "$path" in
${words.join('\n')}
${named.join('\n')}
${files.map((path) => `    ${quoted(path)}) if [[ $current != -* ]]; then compopt -o default; return; fi ;;`).join('\n')}
      esac
      case "$path" in
${options.join('\n')}
      esac
      if [[ $current == -* || -z $words ]]; then words="$options"; fi ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _certagent certagent
`;
}

export function zshCompletion(): string {
  return `#compdef certagent
${PLACES.filter(({ words }) => words.length > 0)
  .map(zshFunction)
  .join('\n')}
_certagent "$@"
`;
}

const functionOf = (path: string) => `_certagent${path === '' ? '' : `_${path.replaceAll(' ', '_')}`}`;

/** A function for a word that others follow: it completes the next word, or calls that word's function. */
function zshFunction(place: Place): string {
  const items = place.words.map(({ word, summary }) => quoted(`${word}:${summary}`)).join(' ');
  const cases = place.words.flatMap(({ word }) => {
    const next = PLACES.find(({ path }) => path === `${place.path} ${word}`.trim());
    if (next === undefined) return [];
    const act = next.words.length > 0 ? functionOf(next.path) : `_arguments -s -S ${zshArguments(next).join(' ')}`;
    return [`      ${word}) ${act} ;;`];
  });
  return `${functionOf(place.path)}() {
  local curcontext="$curcontext" state line
  local -a items
  _arguments -C -A '-*' ${[...zshArguments(place), "'1:command:->word'", "'*::argument:->rest'"].join(' ')}
  case "$state" in
    word) items=(${items}); _describe -t commands command items ;;
    rest) case "$line[1]" in
${cases.join('\n')}
    esac ;;
  esac
}`;
}

function zshArguments({ options, argument, formats }: Place): string[] {
  const actions: Record<string, string> = {
    dir: ':directory:_directories',
    file: ':file:_files',
    format: `:format:(${formats.join(' ')})`,
  };
  for (const [name, command] of Object.entries(NAMES))
    actions[name] = `:${name}:{local -a names; names=(\${(f)"$(${command})"}); compadd -a names}`;
  for (const [name, all] of Object.entries(FIXED)) actions[name] = `:${name}:(${all.join(' ')})`;
  const described = options.flatMap(({ long, short, value, description }) => {
    const text = `[${description.replaceAll(/[[\]:\\]/g, '\\$&')}]${value === null ? '' : (actions[value] ?? `:${value}:`)}`;
    const both = short === null ? '' : `(-${short} --${long})`;
    return [
      quoted(`${both}--${long}${value === null ? '' : '='}${text}`),
      ...(short === null ? [] : [quoted(`${both}-${short}${value === null ? '' : '+'}${text}`)]),
    ];
  });
  const several = argument === 'certificate' || argument === 'code' ? '*' : '1';
  return [...described, ...(argument === null ? [] : [quoted(`${several}${actions[argument] ?? `:${argument}:`}`)])];
}

export function fishCompletion(): string {
  const fishPattern = (all: string[]) => all.map(quoted).join(' ');
  const lines = PLACES.flatMap(({ path, words, options, argument, formats }) => {
    const here = `complete -c certagent -n ${quoted(`__certagent_at ${path}`.trim())}`;
    const actions: Record<string, string> = {
      dir: " -x -a '(__fish_complete_directories)'",
      file: ' -r -F',
      format: ` -x -a ${quoted(formats.join(' '))}`,
    };
    for (const [name, command] of Object.entries(NAMES))
      actions[name] = ` -x -a ${quoted(`(type -q certagent; and ${command})`)}`;
    for (const [name, all] of Object.entries(FIXED)) actions[name] = ` -x -a ${quoted(all.join(' '))}`;
    const offered = argument === null ? undefined : actions[argument]?.replace(' -x', '');
    return [
      ...words.map(({ word, summary }) => `${here} -a ${word} -d ${quoted(summary)}`),
      ...options.map(({ long, short, value, description }) => {
        const flags = `${short === null ? '' : ` -s ${short}`} -l ${long}`;
        return `${here}${flags}${value === null ? '' : (actions[value] ?? ' -x')} -d ${quoted(description)}`;
      }),
      ...(argument === 'file' ? [`${here} -F`] : []),
      ...(argument !== null && (argument in NAMES || argument in FIXED) ? [`${here}${offered}`] : []),
    ];
  });
  return `# fish completion of certagent
function __certagent_at
    set -l path
    set -l skip 0
    set -l words (commandline -opc)
    for word in $words[2..]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$path:$word"
            case ${fishPattern(withValue)}
                set skip 1
            case ${fishPattern(steps)}
                set path (string trim "$path $word")
        end
    end
    test "$path" = "$argv"
end
complete -c certagent -f
${lines.join('\n')}
`;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
