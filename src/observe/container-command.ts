import { basename } from 'node:path';

/** Programs that start the one named in their arguments, and whose process it then is or has as a child. */
const STARTERS = ['env', 'go-runner', 'dumb-init', 'tini', 'nice'];
const SHELLS = ['sh', 'bash', 'dash', 'ash'];

/**
 * The program that a container really runs, and its arguments: the words themselves, what a shell is given with `-c`
 * ("exec kube-scheduler …"), or what another starter is given. `programs`: the names to look for; null when none is there.
 */
export function programOf<T extends string>(command: string[], programs: readonly T[]) {
  const words = unwrapped(command);
  const at = words.findIndex((word) => programs.some((name) => name === basename(word)));
  const program = programs.find((name) => name === basename(words[at] ?? ''));
  if (program === undefined) return null;
  if (words === command && at > 0 && !STARTERS.includes(basename(command[0] ?? ''))) return null;
  return { program, arguments: words.slice(at + 1) };
}

function unwrapped(command: string[]): string[] {
  if (!SHELLS.includes(basename(command[0] ?? ''))) return command;
  const option = command.findIndex((word, index) => index > 0 && /^-[a-z]*c$/.test(word));
  const script = option === -1 ? undefined : command[option + 1];
  return script === undefined ? command : lastCommand(script);
}

/** Words of the script's last command that has arguments: what comes before it prepares, and a pipe only takes its output. */
function lastCommand(script: string): string[] {
  const commands: string[][] = [[]];
  let word: string | null = null;
  const end = () => {
    if (word !== null) commands.at(-1)?.push(word);
    word = null;
  };
  let isPiped = false;
  for (const [token, single, double, escaped, operator, blank] of script.matchAll(TOKENS)) {
    if (blank !== undefined) end();
    else if (operator !== undefined) {
      end();
      isPiped ||= operator === '|';
      if (!isPiped) commands.push([]);
      else break;
    } else word = `${word ?? ''}${single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? token}`;
  }
  end();
  return commands.findLast((words) => words.length > 1) ?? [];
}

/** Quoted text, an escaped character, an operator, blanks (an escaped line break among them), anything else. */
const TOKENS =
  /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\([^\n])|(\|\||&&|[;|\n]|\d?>&?\d?|&)|((?:[ \t]|\\\n)+)|[^\s'"\\;|&>]+|./gs;
