import { describeKeys, type KeyDescription } from './keys.ts';
import { tomlValue } from './toml.ts';

const WIDTH = 100;

/** Set in the example: who copies it over the configuration of a node that is only observed must not begin to renew. */
const SET: Record<string, string> = { mode: 'observe' };

/**
 * The text of config.example.toml: every key with its description, type and default. All keys but `mode` are commented out,
 * so the text means the defaults, observing; "# " begins an explanation and "#" alone a key to uncomment.
 */
export function exampleToml(): string {
  const keys = describeKeys();
  const top = keys.filter(({ type }) => !type.endsWith('table'));
  const tables = keys.filter(({ type }) => type.endsWith('table'));
  const head = wrap(
    'The configuration of certagent, /etc/certagent/config.toml. Every key has a default, and an empty file works. ' +
      'A duration is a number and s, m, h or d ("90d", "1h30m"). After a change run certagent config check, then ' +
      'certagent reload.',
  );
  return `${[head, ...top.map(entry), ...tables.map(tableText)].join('\n\n')}\n`;
}

function tableText(table: KeyDescription): string {
  if (table.type === 'repeated table') return repeatedText(table);
  const plain = table.keys.filter(({ type }) => type !== 'repeated table');
  const repeated = table.keys.filter(({ type }) => type === 'repeated table');
  return [`${wrap(table.description)}\n[${table.key}]`, ...plain.map(entry), ...repeated.map(repeatedText)].join(
    '\n\n',
  );
}

function repeatedText(table: KeyDescription): string {
  return [`${wrap(table.description)}\n#[[${table.key}]]`, ...table.keys.map(entry)].join('\n\n');
}

function entry(key: KeyDescription): string {
  const set = SET[key.key];
  const line =
    set === undefined ? `#${key.name} = ${tomlValue(key.example ?? key.default)}` : `${key.name} = ${tomlValue(set)}`;
  return `${wrap(key.description)}\n${wrap(`${facts(key)}`)}\n${line}`;
}

/** "Duration. Default: "90d"." */
function facts(key: KeyDescription): string {
  const type = key.type.charAt(0).toUpperCase() + key.type.slice(1).replace('ist of one of', 'ist of');
  if (key.required) return `${type}. Required.`;
  return key.default === undefined ? `${type}. Not set by default.` : `${type}. Default: ${tomlValue(key.default)}.`;
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (`# ${last} ${word}`.length > WIDTH && last !== '') lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
