import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KINDS } from './kinds.ts';

const project = new URL('../../', import.meta.url);
const rows = readFileSync(new URL('docs/what-can-go-wrong.md', project), 'utf8').split('\n');

for (const { kind, tests } of KINDS)
  test(`docs say what certagent does when ${kind}, and its tests are there`, () => {
    const files = tests.map((name) => `test/${name}.test.ts`);
    for (const file of files) assert.ok(existsSync(new URL(file, project)), file);
    const row = rows.find((line) => line.startsWith(`| ${kind} |`));
    assert.ok(row?.includes(`](../${files[0]})`), `a row that links to ${files[0]}`);
  });
