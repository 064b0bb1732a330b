// The completions in the real shells: what each offers at a TAB.
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { bashCompletion, fishCompletion, zshCompletion } from '../../src/cli/completions.ts';

/** A line, what its completion has to offer, and what it must not offer. Every shell gives the same answers. */
const LINES: [line: string, offered: string[], not: string[]][] = [
  ['', ['status', 'config', 'help'], ['check.toml', '--root', 'text']],
  ['st', ['status'], ['config']],
  ['-', ['--root', '--output', '--help'], ['--watch', 'status']],
  ['--root ', ['node/'], ['check.toml', 'status']],
  ['--config ', ['check.toml'], ['status']],
  ['-o ', ['text', 'json'], ['status', 'check.toml']],
  ['--root node ', ['status', 'config'], ['node/']],
  ['--root node status -', ['--watch', '--output'], ['--force']],
  ['--root=node -o json st', ['status'], ['config']],
  ['status -o ', ['text', 'wide', 'json', 'yaml'], ['check.toml', '--watch']],
  ['plan -o ', ['text', 'json', 'yaml'], ['wide']],
  ['plan --root node --output ', ['text', 'json'], ['wide', 'node/']],
  ['plan --output=', ['text', 'json'], ['wide']],
  ['check -', ['--warning', '--critical', '--now'], ['--watch', '--force']],
  ['check -w ', [], ['--warning', 'status', 'check.toml']],
  ['check -w 20 --cr', ['--critical'], ['--warning']],
  ['status -w -', ['--output'], ['--warning']],
  ['renew --yes --f', ['--force'], ['--root']],
  ['config ', ['check', 'example'], ['status', 'test']],
  ['config check ', ['check.toml', 'node/'], ['check', 'example', 'status']],
  ['--root node config check ch', ['check.toml'], ['check']],
  ['config check --', ['--output'], ['check.toml', '--watch']],
  ['completion ', ['bash', 'zsh', 'fish'], ['status', 'check.toml']],
  ['logs -p ', ['err', 'warning'], ['--plan', 'check.toml']],
  ['logs --plan ', [], ['--follow', 'check.toml']],
  ['alert silence CA_', ['CA_ENDING'], ['CLOCK_DOUBTFUL', 'check.toml']],
  ['check -t ', [], ['status', 'check.toml', '--now']],
  ['fleet --parallel ', [], ['status', 'check.toml']],
  ['--config=check.toml status -', ['--watch'], ['--force']],
  ['alert ', ['test'], ['check']],
  ['help ', ['status', 'config'], ['--root', 'check.toml']],
  ['help config ', ['check', 'example'], ['status']],
];

const directory = mkdtempSync(join(tmpdir(), 'certagent-completions-'));
const place = join(directory, 'place');
mkdirSync(join(place, 'node'), { recursive: true });
writeFileSync(join(place, 'check.toml'), '');
writeFileSync(join(directory, 'certagent.bash'), bashCompletion());
writeFileSync(join(directory, 'certagent.fish'), fishCompletion());
mkdirSync(join(directory, 'zsh'));
writeFileSync(join(directory, 'zsh/_certagent'), zshCompletion());
after(() => rmSync(directory, { recursive: true, force: true }));

/** Commands that print their words; a key inserts everything that a TAB would offer. */
const PRINTS = `certagent() { printf '<%s>' "$@"; echo; }`;
const BASH = `set +o history; bind 'set bell-style none'; source ${directory}/certagent.bash; ${PRINTS}\n`;
const ZSH = [
  `fpath=(${directory}/zsh $fpath); autoload -Uz compinit && compinit -u -D; unset zle_bracketed_paste`,
  'insert-all() { _main_complete; compstate[insert]=all; compstate[list]=; }',
  `zle -C insert-all complete-word insert-all; bindkey '^T' insert-all; ${PRINTS}`,
  '',
].join('\n');

describe('bash', { skip: lacks('bash') }, () => {
  const shell = typed('bash', ['--norc', '--noprofile', '-i'], BASH, '\u001b*');
  tryLines(shell.offers);
  after(shell.end);
});

// Without a terminal zsh has no line editor.
describe('zsh', { skip: lacks('zsh') || lacks('script') }, () => {
  const shell = typed('script', ['-qec', 'zsh -f -i', '/dev/null'], ZSH, '\u0014');
  tryLines(shell.offers);
  after(shell.end);
});

describe('fish', { skip: lacks('fish') }, () =>
  tryLines(async (line) => {
    const ask = `source ${directory}/certagent.fish; complete -C ${JSON.stringify(`certagent ${line}`)}`;
    const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', ask], { cwd: place, encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout.split('\n').map((one) => one.replace(/\t.*/, ''));
  }),
);

function tryLines(offers: (line: string) => Promise<string[]>): void {
  for (const [line, offered, not] of LINES)
    test(`certagent ${line}<TAB>`, async () => {
      const found = (await offers(line)).map((word) => word.replace(/^--output=/, '').replace(/^node$/, 'node/'));
      for (const word of offered) assert.ok(found.includes(word), `${word} is not in ${found.join(' ')}`);
      for (const word of not) assert.ok(!found.includes(word), `${word} is in ${found.join(' ')}`);
    });
}

/** A shell that is typed into. The words that a completion adds are what `certagent` prints, less what was typed. */
function typed(file: string, args: string[], setup: string, insertAll: string) {
  let child: ChildProcessWithoutNullStreams | undefined;
  let seen = '';
  const answer = async (pattern: RegExp): Promise<string> => {
    const deadline = Date.now() + 300_000;
    for (;;) {
      const found = pattern.exec(seen)?.[0];
      if (found !== undefined) return found;
      assert.ok(Date.now() < deadline, `${file} printed only ${JSON.stringify(seen)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return {
    async offers(line: string): Promise<string[]> {
      if (child === undefined) {
        child = spawn(file, args, {
          cwd: place,
          env: { PATH: process.env.PATH, HOME: directory, TERM: 'dumb', PS1: '' },
        });
        child.stdout.setEncoding('utf8').on('data', (text) => {
          seen += text;
        });
        child.stderr.resume();
        child.stdin.write(`${setup}echo READ""Y\n`);
        await answer(/^READY\r?$/m);
      }
      seen = '';
      child.stdin.write(`certagent ${line}${insertAll}\n`);
      const printed = await answer(/^<.*>\r?$/m);
      const words = [...printed.matchAll(/<([^>]*)>/g)].map(([, word]) => word!);
      return words.slice(line.split(' ').length - 1);
    },
    end: () => void child?.stdin.end('exit\n'),
  };
}

function lacks(program: string): string | false {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `${program} is not installed`;
}
