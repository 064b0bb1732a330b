// What the pages show can be used as it is: commands, keys of the configuration, links.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { PROJECT } from '../../build/project.ts';
import { PAGES } from '../../build/tree.ts';
import type { Context } from '../../src/cli/context.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { untilOf } from '../../src/cli/until.ts';
import { parseConfig } from '../../src/config/load.ts';
import { anchorsOf, blocksOf, commandsOf, linksOf, pages } from './markdown.ts';

const PROSE = pages().filter(({ path }) => path !== 'docs/STYLE.md');

test('every command line of certagent in a page is one that certagent accepts', () => {
  const wrong = PROSE.flatMap(({ path, text }) =>
    commandsOf(text).flatMap((words) =>
      faultOf(words).map((fault) => `${path}: certagent ${words.join(' ')}: ${fault}`),
    ),
  );
  assert.deepEqual(wrong, []);
});

test('every configuration in a page is one that certagent accepts', async () => {
  const wrong: string[] = [];
  for (const { path, text } of PROSE)
    for (const block of blocksOf(text).filter(({ language }) => language === 'toml'))
      await parseConfig(block.text, path).catch((error: Error) => wrong.push(`${error.message}\n${block.text}`));
  assert.deepEqual(wrong, []);
});

test('every link leads to a file and a heading that exist', () => {
  const broken = pages().flatMap(({ path, text }) =>
    linksOf(text)
      .filter((link) => !/^https?:/.test(link) && !leads(path, link))
      .map((link) => `${path}: ${link}`),
  );
  assert.deepEqual(broken, []);
});

test('a page that the packages install links only to pages beside it', () => {
  const installed = PAGES.map((page) => `docs/${page}.md`);
  const outside = pages()
    .filter(({ path }) => installed.includes(path))
    .flatMap(({ path, text }) =>
      linksOf(text)
        .filter(
          (link) =>
            !/^https?:|\.(png|svg)$|^alerts\/|^#/.test(link) && !PAGES.includes(link.replace(/\.md(#.*)?$/, '')),
        )
        .map((link) => `${path}: ${link}`),
    );
  assert.deepEqual(outside, []);
});

test('the index of docs names every page', () => {
  const named = linksOf(readFileSync(join(PROJECT, 'docs/README.md'), 'utf8'));
  const missing = PROSE.map(({ path }) => path)
    .filter((path) => /^docs\/[^/]+\.md$/.test(path) && path !== 'docs/README.md')
    .filter((path) => !named.includes(path.slice('docs/'.length)));
  assert.deepEqual(missing, []);
});

test('what these tests look for is found', async () => {
  const page = [
    'Run `certagent statsu` first, `certagent …` says more.\n',
    '```console',
    '# certagent renew --farce          # a comment',
    'certagent is output, not a command',
    '$ certagent status -o yml | certagent fleet',
    '```\n',
    '1. in a list:\n',
    '   ```sh',
    "   sudo certagent pause --until 30d --reason 'a # b'",
    '   ```\n',
    '    certagent plan --now\n',
    '## What is `this`, then?\n',
  ].join('\n');
  assert.deepEqual(
    commandsOf(page).map((words) => [words.join(' '), ...faultOf(words)]),
    [
      ['renew --farce', 'unknown-option'],
      ['status -o yml', 'output format yml'],
      ['fleet'],
      ['pause --until 30d --reason a # b', '30d is not a date'],
      ['plan --now'],
      ['statsu', 'unknown-command'],
    ],
  );
  assert.deepEqual(anchorsOf(page), ['what-is-this-then']);
  assert.deepEqual(linksOf('[a](b.md#c) and ![d](e.png)'), ['b.md#c', 'e.png']);
  assert.equal(leads('README.md', 'docs/alerting.md#no-such-heading'), false);
  assert.equal(leads('docs/hooks.md', 'no-such-page.md'), false);
});

/** The dates of examples were in the future when they were written. */
const WRITTEN = Date.parse('2026-11-27');

function faultOf(words: string[]): string[] {
  const { fault, spec, global, options } = parseCommandLine(words);
  if (fault !== null) return [fault.kind];
  // A sentence may name the command alone.
  if (options.for !== undefined || options.until !== undefined) {
    try {
      untilOf({ options } as Context, WRITTEN);
    } catch (error) {
      return [(error as Error).message];
    }
  }
  const { output } = global;
  const outputs: readonly string[] = spec.outputs ?? ['text', 'json'];
  return output === undefined || outputs.includes(output) ? [] : [`output format ${output}`];
}

function leads(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), path));
  const file = join(PROJECT, target);
  if (!existsSync(file)) return false;
  return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
}
