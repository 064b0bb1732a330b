import type { Root } from '../host/root.ts';
import { names, text } from './node-files.ts';

/** Where systemd looks for units, the first that counts first. */
const DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/**
 * Words of a unit's ExecStart as systemd would start it: of the unit file and its drop-ins, with the variables of
 * Environment= and EnvironmentFile= put in. Read from the files, so that it can be known of an image too. Empty where there
 * is no such unit.
 */
export async function unitCommand(root: Root, unit: string): Promise<string[]> {
  let command = '';
  const variables = new Map<string, string>();
  const files: string[] = [];
  for (const file of await unitFiles(root, unit)) {
    for (const line of ((await text(root, file)) ?? '').replace(/\\\n/g, ' ').split('\n')) {
      const [, key, value = ''] = /^\s*(ExecStart|Environment|EnvironmentFile)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
      if (key === 'ExecStart') command = value;
      // An empty value takes back what earlier files gave.
      if (key === 'Environment' && value === '') variables.clear();
      if (key === 'EnvironmentFile') value === '' ? files.splice(0) : files.push(value.replace(/^-/, ''));
      if (key === 'Environment') for (const word of wordsOf(value)) assign(variables, word);
    }
  }
  // A file's variables win over those of the unit.
  for (const file of files)
    for (const line of ((await text(root, file)) ?? '').replace(/\\\n/g, ' ').split('\n'))
      if (!/^\s*[#;]/.test(line)) assign(variables, wordsOf(line, false).join(' '));
  return wordsOf(command.replace(/^[-@:+!]+/, '')).flatMap((word) => expanded(word, variables));
}

async function unitFiles(root: Root, unit: string): Promise<string[]> {
  const dropIns = new Map<string, string>();
  const units: string[] = [];
  for (const directory of DIRECTORIES) {
    const path = `${directory}/${unit}.service`;
    if ((await text(root, path)) !== null) units.push(path);
    for (const name of await names(root, `${path}.d`))
      if (name.endsWith('.conf') && !dropIns.has(name)) dropIns.set(name, `${path}.d/${name}`);
  }
  const ordered = [...dropIns].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  return [...units.slice(0, 1), ...ordered];
}

function assign(variables: Map<string, string>, word: string): void {
  const [, name, value = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
  if (name !== undefined) variables.set(name, value);
}

/** `$NAME` as a word of its own becomes several words, `${NAME}` is put in as it is (systemd.service(5)). */
function expanded(word: string, variables: Map<string, string>): string[] {
  const alone = /^\$([A-Za-z_]\w*)$/.exec(word)?.[1];
  if (alone !== undefined) return wordsOf(variables.get(alone) ?? '');
  return [word.replace(/\$\{([A-Za-z_]\w*)\}/g, (_, name: string) => variables.get(name) ?? '')];
}

/** Words between blanks, without their quotes. */
function wordsOf(line: string, split = true): string[] {
  const whole = split ? /(?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"])+/g : /.+/g;
  return (line.match(whole) ?? []).map((word) =>
    word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  );
}
