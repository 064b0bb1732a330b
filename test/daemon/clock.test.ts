// A doubtful clock through the real cycle: nothing is renewed and no expiry is reported until it is correct.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeClockMemory } from '../../src/daemon/clock-memory.ts';
import type { Instant } from '../../src/domain/model/certificate.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import type { TestNode } from '../../testnode/node.ts';
import { fingerprints, scene, toldAtLast } from './support.ts';

async function synchronised(node: TestNode, answer: 'yes' | 'no'): Promise<void> {
  const path = join(node.root, 'usr/bin/timedatectl');
  await writeFile(path, `#!/bin/sh\necho NTPSynchronized=${answer}\n`);
  await chmod(path, 0o755);
}

test('not synchronised: nothing is renewed, and one alert says so once it persists; synchronised: renewed, all clear', async (t) => {
  let ahead = 0;
  const { node, agent, inbox } = await scene(t, { kind: 'k3s-server', days: -2, now: () => Date.now() + ahead });
  await synchronised(node, 'no');
  const before = await fingerprints(node);
  const status = await agent.check();
  assert.equal(status.renewal.kind, 'blocked');
  assert.equal(status.lastAttempt, null);
  assert.deepEqual(await fingerprints(node), before);
  assert.deepEqual(
    status.alerts.map(({ alert, lastSentAt }) => [alert.code, lastSentAt]),
    [['CLOCK_DOUBTFUL', null]],
  );
  await assert.rejects(
    agent.renew({ force: false }, () => {}),
    { code: 'RENEWAL_BLOCKED', message: /clock is doubtful/ },
  );
  assert.ok(Math.abs(agent.heldUntil()! - (Date.now() + 10 * MINUTE)) < 5 * MINUTE, 'the daemon checks again then');
  ahead = 11 * MINUTE;
  await agent.check();
  assert.equal(agent.heldUntil(), null);
  assert.deepEqual(await toldAtLast(inbox, 'raised CLOCK_DOUBTFUL'), ['raised CLOCK_DOUBTFUL']);

  await synchronised(node, 'yes');
  assert.equal((await agent.check()).lastAttempt?.result, 'succeeded');
  const all = await toldAtLast(inbox, 'cleared CLOCK_DOUBTFUL', 'event RENEWED');
  assert.ok(all.includes('cleared CLOCK_DOUBTFUL') && all.includes('event RENEWED'), all.join(', '));
  assert.ok(!all.includes('raised CERTIFICATE_EXPIRED'), all.join(', '));
});

test('what the clock showed is known after a restart; a jump is known within a process, for an hour', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-clock-'));
  t.after(() => rm(directory, { recursive: true }));
  const root = new Root(directory);
  let monotonic = 0;
  const memory = makeClockMemory(root, () => monotonic);
  const start = Date.UTC(2030, 0, 1);
  assert.deepEqual(await memory.evidence(start, []), { newestSeen: null, jump: 0 });
  await memory.remember(start);
  monotonic += HOUR;
  assert.deepEqual(await memory.evidence(start + HOUR, []), { newestSeen: start, jump: 0 });
  assert.equal((await memory.evidence(start + HOUR + 3 * DAY, [])).jump, 3 * DAY);
  monotonic += HOUR / 2;
  assert.equal((await memory.evidence(start + 1.5 * HOUR + 3 * DAY, [])).jump, 3 * DAY, 'still within the hour');
  monotonic += HOUR;
  assert.equal((await memory.evidence(start + 2.5 * HOUR + 3 * DAY, [])).jump, 0, 'settled after an hour');

  const later = makeClockMemory(root, () => monotonic);
  assert.equal((await later.evidence(start - 30 * DAY, [])).newestSeen, start);
  await writeFile(
    join(directory, 'var/lib/certagent/clock.json'),
    (await readFile(join(directory, 'var/lib/certagent/clock.json'))).subarray(0, 5),
  );
  assert.equal((await later.evidence(start, [])).newestSeen, null, 'a damaged file remembers nothing');
  for (const seen of [1e308, -1e308, 8.65e15]) {
    await writeFile(join(directory, 'var/lib/certagent/clock.json'), JSON.stringify({ version: 1, seen }));
    assert.equal((await later.evidence(start, [])).newestSeen, null, 'a number that is no date is damage');
  }
});

/** A reading of the future, and where it was written down. */
const WRONG = Date.UTC(2036, 4, 5);
const WITNESSES: Record<string, { file: Instant | null; records: Instant[] }> = {
  'the state file': { file: WRONG, records: [] },
  'the journal': { file: null, records: [Date.UTC(2026, 0, 1), WRONG] },
  both: { file: WRONG - DAY, records: [WRONG] },
};
for (const [where, { file, records }] of Object.entries(WITNESSES)) {
  test(`a wrong reading of the future in ${where} can be taken back, once and for all`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'certagent-clock-'));
    t.after(() => rm(directory, { recursive: true }));
    const root = new Root(directory);
    const journal = records.map((at) => ({ at, type: 'plan-told' as const, planId: 'p' }));
    const now = Date.UTC(2026, 10, 1);
    const memory = makeClockMemory(root);
    if (file !== null) await memory.remember(file);
    assert.ok(((await memory.evidence(now, journal)).newestSeen ?? 0) > now);
    assert.deepEqual(await memory.accept(now, journal), { at: now, takenBack: Math.max(file ?? 0, ...records) });
    assert.deepEqual(await memory.evidence(now + HOUR, journal), { newestSeen: now, jump: 0 });

    const later = makeClockMemory(root);
    await later.remember(now + DAY);
    assert.equal((await later.evidence(now + DAY, journal)).newestSeen, now + DAY);
    assert.deepEqual(await later.accept(now + DAY, journal), { at: now + DAY, takenBack: null });
    const beyond = [...journal, { at: WRONG + DAY, type: 'plan-told' as const, planId: 'q' }];
    assert.equal((await later.evidence(now, beyond)).newestSeen, WRONG + DAY, 'another one counts');
  });
}

test('a renewal that a person asks for where nothing synchronises the clock is not held up by what it showed once', async (t) => {
  const { node, agent } = await scene(t, {
    kind: 'k3s-server',
    days: 20,
    config: '[clock]\nrequire_synchronized = false\n',
  });
  await synchronised(node, 'no');
  await makeClockMemory(new Root(node.root)).remember(WRONG);
  assert.equal((await agent.check()).renewal.kind, 'blocked', 'by itself certagent does not renew');
  assert.notEqual((await agent.plan({ force: false })).renewal.kind, 'blocked');
  assert.equal((await agent.renew({ force: false }, () => {}))?.result, 'succeeded');
  assert.notEqual((await agent.check()).renewal.kind, 'blocked', 'the reading was taken back');
});

const CLOCK_FILES: [what: string, text: string, isKept: boolean][] = [
  ["an earlier version's", '{"seen":1}', false],
  ['our own', '{"version":1,"seen":1}', false],
  ["a newer certagent's", '{"version":2,"seen":1,"more":true}', true],
  ['one of null', 'null', true],
  ['one with another type', '{"version":1,"seen":"soon"}', true],
  ['a torn one', '{"version":1,"se', true],
];
for (const [what, text, isKept] of CLOCK_FILES)
  test(`the file of the clock: ${what} is ${isKept ? 'kept beside ours' : 'replaced'}`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'certagent-clock-'));
    t.after(() => rm(directory, { recursive: true, force: true }));
    const root = new Root(directory);
    const memory = makeClockMemory(root);
    assert.equal(await memory.remember(1), null, 'there was none');
    const file = root.at('/var/lib/certagent/clock.json');
    await writeFile(file, text);
    assert.equal(await memory.remember(2), isKept ? '/var/lib/certagent/clock.json.kept' : null);
    if (isKept) assert.equal(await readFile(`${file}.kept`, 'utf8'), text);
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { version: 1, seen: 2 });
    assert.equal(await memory.remember(3), null);
  });
