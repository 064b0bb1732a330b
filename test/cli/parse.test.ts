import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, GROUPS } from '../../src/cli/command-catalogue.ts';
import { makeContext } from '../../src/cli/context.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { helpText } from '../../src/cli/render/help.ts';
import { usageError } from '../../src/cli/usage-error.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';

const parse = (words: string) => parseCommandLine(words === '' ? [] : words.split(' '));

const STATUS = { watch: undefined, due: undefined, within: undefined, owner: undefined, cluster: undefined };

/** Command lines that mean something: the command that runs, its options and argument, the global options. */
const GOOD: [words: string, spec: string, more?: { options?: object; argument?: string; global?: object }][] = [
  ['status', 'status', { options: STATUS }],
  ['--root /x status', 'status', { global: { root: '/x', color: true } }],
  ['status --root /x', 'status', { global: { root: '/x', color: true } }],
  ['--root=/x -o json status', 'status', { global: { root: '/x', output: 'json', color: true } }],
  ['status -ojson --no-color', 'status', { global: { output: 'json', color: false } }],
  ['status -o=json', 'status', { global: { output: 'json', color: true } }],
  ['status --root /x --root=--odd', 'status', { global: { root: '--odd', color: true } }],
  ['status -w', 'status', { options: { ...STATUS, watch: true } }],
  ['check', 'check', { options: { warning: '30', critical: '7', timeout: '30', verbose: undefined, now: undefined } }],
  [
    'check -w 20 -c 5',
    'check',
    { options: { warning: '20', critical: '5', timeout: '30', verbose: undefined, now: undefined } },
  ],
  [
    'check -w20 --critical=5 --now',
    'check',
    { options: { warning: '20', critical: '5', timeout: '30', verbose: undefined, now: true } },
  ],
  ['-w status', 'status', { options: { ...STATUS, watch: true } }],
  ['sync -n', 'sync', { options: { dryRun: true, adopt: undefined } }],
  ['config check', 'config check'],
  ['config --root /x check a.toml', 'config check', { argument: 'a.toml', global: { root: '/x', color: true } }],
  ['config check -- --odd.toml', 'config check', { argument: '--odd.toml' }],
  ['', 'help', { argument: '' }],
  ['config', 'help', { argument: 'config' }],
  ['-h', 'help', { argument: '' }],
  ['config --help', 'help', { argument: 'config' }],
  ['config check --help', 'help', { argument: 'config check' }],
  ['-h config check', 'help', { argument: 'config check' }],
  ['help', 'help'],
  ['help config', 'help', { argument: 'config' }],
  ['help config check', 'help', { argument: 'config check' }],
  ['help help', 'help', { argument: 'help' }],
  ['status --bogus --help -o json', 'help', { argument: 'status', global: { color: true } }],
  ['-V', 'version'],
  ['status --version', 'version'],
  ['version', 'version'],
];
for (const [words, spec, { options, argument, global } = {}] of GOOD)
  test(`understood: certagent ${words}`, () => {
    const line = parse(words);
    assert.equal(line.fault, null);
    assert.equal(line.spec.name, spec);
    assert.equal(line.argument, argument);
    if (options !== undefined) assert.deepEqual({ ...line.options }, options);
    if (global !== undefined) assert.deepEqual(line.global, global);
  });

const WRONG: [words: string, message: string, remedy?: string][] = [
  ['stauts', "unknown command 'stauts' (Did you mean status?)", 'certagent --help'],
  ['nonsense --help', "unknown command 'nonsense'", 'certagent --help'],
  ['config chek', "unknown command 'config chek' (Did you mean config check?)", 'certagent --help'],
  ['status now', "too many arguments for certagent status: 'now'", 'certagent status --help'],
  ['config check a b', "too many arguments for certagent config check: 'b'", 'certagent config check --help'],
  ['renew --forse', "unknown option '--forse' (Did you mean --force?)", 'certagent renew --help'],
  ['check --warn 3', "unknown option '--warn' (Did you mean --warning?)", 'certagent check --help'],
  ['status --outptu json', "unknown option '--outptu' (Did you mean --output?)", 'certagent status --help'],
  ['plan -w', "unknown option '-w'", 'certagent plan --help'],
  ['-w 3 check', "option '-w' must follow its command", 'certagent --help'],
  ['--watch', "option '--watch' must follow its command", 'certagent --help'],
  ['--bogus', "unknown option '--bogus'", 'certagent --help'],
  ['status --root', "option '--root' needs a value", 'certagent status --help'],
  ['--root --config x status', "option '--root' needs a value"],
  ['check -w -3', "option '-w' needs a value"],
  ['status --watch=3', "option '--watch' takes no value"],
];
for (const [words, message, remedy = ''] of WRONG)
  test(`refused: certagent ${words}`, () => {
    const { fault, name } = parse(words);
    assert.ok(fault !== null);
    const error = usageError(fault, name);
    assert.equal(error.code, 'USAGE');
    assert.equal(error.message, message);
    assert.match(error.remedy ?? '', new RegExp(`^Run ${remedy}`));
  });

test('each command refuses output formats that it does not have, and names those it has', () => {
  for (const [words, remedy] of [
    ['status -o html', 'Use -o text, wide, json or yaml.'],
    ['plan -o wide', 'Use -o text, json or yaml.'],
    ['check -o json', 'Use -o text.'],
  ] as const) {
    assert.throws(
      () => makeContext(parse(words)),
      (error) => error instanceof CertagentError && error.code === 'USAGE' && error.remedy === remedy,
    );
  }
});

test('every command has a help text that fits a terminal, and so has each group', () => {
  for (const name of ['', ...Object.keys(GROUPS), ...COMMANDS.map((spec) => spec.name)]) {
    const text = helpText(name, { width: 80 });
    assert.ok(text !== null, name);
    assert.match(text, new RegExp(`\\nUsage: certagent ${name}`));
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
  }
  assert.equal(helpText('nonsense'), null);
});

test('every command is found by its words', () => {
  for (const { name } of COMMANDS) assert.equal(parse(name).name, name);
});
