// Texts made to keep a parser busy: as large as a file may be in the long form, smaller else. What grows with the square
// of the size, or worse, shows in both.
const SIZE = (process.env.CERTAGENT_FUZZ_SECONDS === undefined ? 256 : 1024) * 1024;
const filled = (part: string, size = SIZE) => part.repeat(Math.ceil(size / part.length)).slice(0, size);
const kubeconfig = (data: string) => `kind: Config\nusers:\n- name: a\n  user:\n    client-certificate-data: ${data}\n`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

export const NASTY: Record<string, () => string> = {
  blanks: () => `${filled(' ')}!`,
  'blank lines': () => `${filled('\n')}!`,
  tabs: () => `kind: Config\n${filled('\t')}`,
  'opening brackets': () => filled('['),
  'few opening brackets': () => filled('[', 14_000),
  'opening braces': () => filled('{"a":', 60_000),
  'nested lists': () => filled('- ', 28_000),
  'nested maps': () => Array.from({ length: 1_200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  quotes: () => filled('"'),
  'half of the quotes': () => `"${filled("'", 14_000)}`,
  'escaped quotes': () => filled('\\"'),
  'indented quotes': () => filled('\n "', 14_000),
  'question marks': () => filled('? ', 28_000),
  hashes: () => filled('#', 14_000),
  tags: () => filled('!a ', 14_000),
  'base64 with blanks': () => kubeconfig(`"${filled(' ', SIZE - 100)}!"`),
  'base64 with equals signs': () => kubeconfig(`"${filled('=', SIZE - 100)}!"`),
  'base64 of BEGIN lines': () => kubeconfig(base64(filled('-----BEGIN CERTIFICATE-----\n', SIZE / 2))),
  'BEGIN lines': () => filled('-----BEGIN CERTIFICATE-----\n'),
  'BEGIN and END lines': () => filled('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'),
  'BEGIN lines of many kinds': () =>
    Array.from({ length: 30_000 }, (_, at) => `-----BEGIN ${String.fromCharCode(65 + (at % 26))}${at} KEY-----`).join(
      '\n',
    ),
  dashes: () => filled('-'),
  'many users': () =>
    `kind: Config\nusers:\n${Array.from({ length: 1_200 }, (_, at) => `- name: u${at}\n  user: {token: x}`).join('\n')}`,
  'long name': () => `kind: Config\nusers:\n- name: ${filled('x')}\n`,
  'one long key': () => `${filled('a')} = 1`,
  'dotted keys': () => `${filled('a.', 20_000)}a = 1`,
  'TOML arrays': () => `a = ${filled('[', 100_000)}`,
  'TOML tables': () => Array.from({ length: 20_000 }, (_, at) => `[t${at}]`).join('\n'),
  'unknown keys': () => Array.from({ length: 2_000 }, (_, at) => `${'k'.repeat(60)}${at} = 1`).join('\n'),
  'JSON arrays': () => filled('['),
  'JSON objects': () => filled('{"data":'),
  'one line': () => filled('a'),
  colons: () => filled(':', 14_000),
  'passwd lines': () => filled('a:b:1:1:c:/home/a:d\n'),
};
