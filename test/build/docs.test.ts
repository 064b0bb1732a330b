import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { GENERATED } from '../../build/docs.ts';
import { alertManual, commandManual, configManual } from '../../build/manual.ts';
import { PROJECT } from '../../build/project.ts';
import { RUNBOOKS, SECTIONS } from '../../build/runbooks.ts';
import { COMMANDS } from '../../src/cli/command-catalogue.ts';
import { describeKeys } from '../../src/config/keys.ts';
import { CODES } from '../../src/domain/alerts/catalogue.ts';

for (const [path, make] of Object.entries(GENERATED))
  test(`${path} is up to date with the catalogue and the schema`, async () => {
    const now = await readFile(join(PROJECT, path), 'utf8');
    assert.equal(now, make(now), `${path} is stale: npm run docs`);
  });

test('a page without the markers is an error, and a stale part is replaced', async () => {
  const page = GENERATED['docs/alerts.md']!;
  assert.throws(() => page('# Alerts\n'), /markers of the part "alerts" are missing/);
  const now = await readFile(join(PROJECT, 'docs/alerts.md'), 'utf8');
  assert.equal(page(now.replace('| [KEY_MISMATCH]', '| [KEY_MISMATCHED]')), page(now));
  assert.notEqual(now.replace('| [KEY_MISMATCH]', '| [KEY_MISMATCHED]'), now);
});

test('the manual pages name every alert and every key', () => {
  const alerts = alertManual('1.0');
  for (const code of CODES) assert.ok(alerts.includes(`\\fB${code}\\fR`), code);
  const config = configManual('1.0');
  for (const { name } of describeKeys()) assert.ok(config.includes(name), name);
});

test('the synopsis of certagent(8) has a line for every command, with each of its options', () => {
  const [, synopsis = ''] = /\n\.SH SYNOPSIS\n([\s\S]*?)\n\.SH /.exec(commandManual('1.0')) ?? [];
  const plain = synopsis.replaceAll(/\\f[BIR]/g, '').replaceAll('\\-', '-');
  for (const { name, options = [], argument } of COMMANDS) {
    const line = plain.split('\n').find((each) => `${each} `.startsWith(`certagent ${name} `))!;
    assert.ok(line, name);
    for (const { flags } of options) assert.ok(line.includes(`[${flags.split(/[ ,]/)[0]}`), `${name} ${flags}`);
    assert.ok(argument === undefined || line.endsWith(argument.flags.replaceAll(/[<>]/g, '')), line);
  }
  for (const page of [alertManual('1.0'), configManual('1.0')]) assert.match(page, /\n\.SH SYNOPSIS\n/);
  assert.match(commandManual('1.0'), /\n\.SH ENVIRONMENT\n\.TP\n\.B NO_COLOR\n/);
});

test('each alert has a runbook with every section written, and no runbook is without its alert', async () => {
  const pages = Object.keys(RUNBOOKS);
  assert.equal(pages.length, CODES.length);
  assert.deepEqual((await readdir(join(PROJECT, 'docs/alerts'))).sort(), pages.map((page) => basename(page)).sort());
  for (const page of pages) {
    const [, ...sections] = (await readFile(join(PROJECT, page), 'utf8')).split(/^## /m);
    assert.deepEqual(
      sections.map((section) => section.split('\n')[0]),
      SECTIONS,
      page,
    );
    for (const section of sections)
      assert.ok(section.split('\n').slice(1).join('').trim().length > 20, `${page}: ${section}`);
    assert.match(sections[1]!, /```sh\n[^`]+```/, `${page}: commands to check first`);
  }
});

test('a runbook keeps what is written by hand, and a new one has the sections to write', () => {
  const make = RUNBOOKS['docs/alerts/TEST.md']!;
  const first = make('');
  for (const title of SECTIONS) assert.ok(first.includes(`## ${title}\n`));
  const written = `${first}by hand\n`;
  assert.equal(make(written.replace('# TEST', '# STALE')), written);
});
