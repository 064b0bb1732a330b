import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Context } from '../../src/cli/context.ts';
import { untilOf } from '../../src/cli/until.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { certagent } from './support.ts';

const NOW = Date.UTC(2027, 0, 1);
const until = (options: Record<string, string>) => untilOf({ options } as unknown as Context, NOW);

test('an end is a length or a date, and a reason is required', () => {
  const reason = 'freeze';
  assert.deepEqual(until({ for: '7d', reason }), { until: NOW + 7 * DAY, reason });
  for (const [text, at] of [
    ['2027-01-08', Date.UTC(2027, 0, 8)],
    ['2027-01-08T18:00', Date.UTC(2027, 0, 8, 18)],
    ['2027-01-08T18:00:00Z', Date.UTC(2027, 0, 8, 18)],
    ['2027-01-08T18:00+01:00', Date.UTC(2027, 0, 8, 17)],
  ] as const)
    assert.equal(until({ until: text, reason }).until, at, text);
  const wrong: [Record<string, string>, RegExp][] = [
    [{ reason }, /either --for or --until/],
    [{ for: '1d', until: '2027-02-01', reason }, /either --for or --until/],
    [{ for: '1 week', reason }, /not a duration/],
    [{ until: 'tomorrow', reason }, /not a date/],
    [{ until: '2027-13-01', reason }, /not a date/],
    [{ until: '2026-01-01', reason }, /has passed/],
    [{ for: '400d', reason }, /more than a year/],
    [{ for: '1d' }, /--reason is missing/],
    [{ for: '1d', reason: 'a\nb' }, /one line/],
    [{ for: '1d', reason: 'x'.repeat(201) }, /one line/],
  ];
  for (const [options, message] of wrong) assert.throws(() => until(options), { code: 'USAGE', message });
});

test('without a daemon, too: silences are listed and taken back', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-orders-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  const says = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await certagent(root, args);
    return `${exitCode} ${stdout}${stderr}`;
  };
  assert.match(
    await says('alert', 'silence', 'ca_ending', 'ca', '--for', '7d', '--reason', 'known'),
    /^0 CA_ENDING \(ca\) is not sent until /,
  );
  assert.match(await says('alert', 'silences'), /CA_ENDING +ca +warning +\S+ \S+ UTC +known/);
  assert.match(
    await says('alert', 'silence', 'NO_SUCH', '--for', '7d', '--reason', 'x'),
    /^2 .*there is no alert NO_SUCH/s,
  );
  assert.match(await says('alert', 'unsilence', 'CA_ENDING', 'ca'), /^0 /);
  assert.match(await says('alert', 'silences'), /No alert is silenced/);
  assert.match(await says('alert', 'unsilence', 'CA_ENDING'), /^1 .*is not silenced/s);
  assert.match(await says('pause', '--for', '1h', '--reason', 'freeze'), /^0 Renewals are paused until /);
  assert.match(await says('status'), /Renewals are PAUSED until .*: freeze/);
  assert.match(await says('resume'), /^0 Renewals go on/);
  assert.match(await says('resume'), /^0 Renewals were not paused/);
});
