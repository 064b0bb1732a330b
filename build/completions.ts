import { COMMANDS, GROUPS } from '../src/cli/command-catalogue.ts';

const GLOBAL = ['--root', '--config', '--output', '--no-color', '--version', '--help'];

/** First words, then for each of them the second words and the options. */
function tree(): { word: string; summary: string; seconds: { word: string; summary: string }[]; options: string[] }[] {
  const firsts = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0]!))];
  return firsts.map((word) => {
    const specs = COMMANDS.filter(({ name }) => name.split(' ')[0] === word);
    const seconds = specs.flatMap(({ name, summary }) => {
      const second = name.split(' ')[1];
      return second === undefined ? [] : [{ word: second, summary }];
    });
    const options = specs.flatMap((spec) => spec.options ?? []).map(({ flags }) => /--[a-z-]+/.exec(flags)![0]);
    return { word, summary: GROUPS[word] ?? specs[0]!.summary, seconds, options };
  });
}

export function bashCompletion(): string {
  const cases = tree().map(({ word, seconds, options }) => {
    const words = [...seconds.map((each) => each.word), ...options].join(' ');
    return `    ${word}) words="${words}" ;;`;
  });
  return `# bash completion of certagent
_certagent() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word words
  case "$previous" in
    --root) mapfile -t COMPREPLY < <(compgen -d -- "$current"); return ;;
    --config) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
    -o|--output) mapfile -t COMPREPLY < <(compgen -W "text wide json" -- "$current"); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${tree()
      .map(({ word }) => word)
      .join('|')}) command="$word"; break ;; esac
  done
  case "$command" in
    "") words="${tree()
      .map(({ word }) => word)
      .join(' ')}" ;;
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words ${GLOBAL.join(' ')}" -- "$current")
}
complete -F _certagent certagent
`;
}

export function zshCompletion(): string {
  const described = (items: { word: string; summary: string }[]) =>
    items.map(({ word, summary }) => quoted(`${word}:${summary}`)).join(' ');
  const cases = tree().map(({ word, seconds, options }) => {
    const second = seconds.length === 0 ? '' : `items=(${described(seconds)}); _describe command items; `;
    return `    ${word}) ${second}compadd -- ${[...options, ...GLOBAL].join(' ')} ;;`;
  });
  return `#compdef certagent
_certagent() {
  local -a items
  if (( CURRENT == 2 )); then
    items=(${described(tree())})
    _describe command items
    compadd -- ${GLOBAL.join(' ')}
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
    *) _files ;;
  esac
}
_certagent "$@"
`;
}

export function fishCompletion(): string {
  const lines = ['# fish completion of certagent', 'complete -c certagent -f'];
  for (const { word, summary, seconds, options } of tree()) {
    lines.push(`complete -c certagent -n __fish_use_subcommand -a ${word} -d ${quoted(summary)}`);
    const within = `-n '__fish_seen_subcommand_from ${word}'`;
    for (const second of seconds)
      lines.push(`complete -c certagent ${within} -a ${second.word} -d ${quoted(second.summary)}`);
    for (const option of options) lines.push(`complete -c certagent ${within} -l ${option.slice(2)}`);
  }
  for (const option of GLOBAL) lines.push(`complete -c certagent -l ${option.slice(2)}`);
  return `${lines.join('\n')}\n`;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
