import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const LOGGER = new URL('../../src/host/logger.ts', import.meta.url).href;
const PROGRAM = `import { makeLog } from ${JSON.stringify(LOGGER)};
  const log = makeLog({ level: 'info', format: process.argv[1] });
  log.error({ code: 'X', plan: 'p 1' }, 'first line\\nsecond line');
  log.warn({}, 'a warning');
  log.info({ nested: { a: 1 } }, 'a fact');
  log.debug({}, 'not shown');
  log.configure({ level: 'debug', format: 'json' });
  log.debug({}, 'shown');`;

/** What a process writes whose standard output is a file, which the journal's variable may name. */
function written(t: TestContext, format: string, journal: 'this one' | 'another' | null): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'certagent-log-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'out');
  const out = openSync(file, 'w');
  const { dev, ino } = fstatSync(out, { bigint: true });
  const { JOURNAL_STREAM: _, ...others } = process.env;
  const stream = journal === null ? {} : { JOURNAL_STREAM: journal === 'another' ? '1:2' : `${dev}:${ino}` };
  const args = ['--no-warnings', '--input-type=module', '-e', PROGRAM, format];
  const { status } = spawnSync(process.execPath, args, { env: { ...others, ...stream }, stdio: ['ignore', out, 2] });
  closeSync(out);
  assert.equal(status, 0);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

const isJson = (line: string) => line.startsWith('{"level":');

for (const format of ['auto', 'text'])
  test(`in the journal each line has its priority, and its facts after the text: ${format}`, (t) => {
    const [shown, ...lines] = written(t, format, 'this one').toReversed();
    assert.deepEqual(lines.toReversed(), [
      '<3>first line (code=X, plan=p 1)',
      '<3>second line',
      '<4>a warning',
      '<6>a fact (nested={"a":1})',
    ]);
    assert.ok(isJson(shown!), 'after a reload that asks for JSON');
  });

test('JSON where the configuration asks for it', (t) => {
  const lines = written(t, 'json', 'this one');
  assert.equal(lines.length, 4);
  assert.ok(lines.every(isJson));
  const { level, code, msg } = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual([level, code, msg], ['error', 'X', 'first line\nsecond line']);
});

test('JSON in a file, also for a process whose parent writes to the journal', (t) => {
  for (const journal of ['another', null] as const) assert.ok(written(t, 'auto', journal).every(isJson));
});

test('text in a file where the configuration asks for it', (t) => {
  const [first, second, third] = written(t, 'text', null);
  assert.match(first!, /^\d\d:\d\d:\d\d error first line$/);
  assert.equal(second, 'second line code=X plan=p 1');
  assert.match(third!, /^\d\d:\d\d:\d\d warn {2}a warning$/);
});
