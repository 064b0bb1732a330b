import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilSteady } from '../../src/renew/wait.ts';

const READY = { process: '7 100' };
const OTHER = { process: '9 200' };
const AWAY = 'for it to be active';

/** Looks that see `sights` one after another, then the last of them for ever. */
function looking(sights: ({ process: string } | string)[]) {
  let count = 0;
  return { look: async () => sights[Math.min(count++, sights.length - 1)]!, looks: () => count };
}

const cases: { what: string; sights: ({ process: string } | string)[]; lasting: number; least: number }[] = [
  { what: 'one good sight is not enough', sights: [READY], lasting: 0, least: 2 },
  { what: 'nor is the first one after others', sights: [AWAY, AWAY, AWAY, AWAY, READY], lasting: 1, least: 6 },
  { what: 'another process starts the time again', sights: [READY, OTHER], lasting: 0, least: 3 },
  { what: 'so does a moment in which it is away', sights: [READY, AWAY, READY], lasting: 0, least: 4 },
];

for (const { what, sights, lasting, least } of cases)
  test(what, async () => {
    const { look, looks } = looking(sights);
    const options = { lasting, otherwise: 'for it to stay', limit: 10_000, interval: 8, waiting: () => {} };
    assert.equal(await untilSteady(look, options), null);
    assert.equal(looks() >= least, true, `it looked ${looks()} times`);
  });

test('a process has to stay for the whole time', async () => {
  const { look } = looking([READY]);
  const started = performance.now();
  await untilSteady(look, { lasting: 60, otherwise: 'for it to stay', limit: 10_000, interval: 8, waiting: () => {} });
  assert.equal(performance.now() - started >= 60, true);
});

test('what is waited for is said, and is the answer at the end', async () => {
  const said: string[] = [];
  const waiting = (detail: string) => said.push(detail);
  const { look } = looking([AWAY, READY, AWAY]);
  const answer = await untilSteady(look, { lasting: 0, otherwise: 'for it to stay', limit: 500, interval: 8, waiting });
  assert.equal(answer, AWAY);
  assert.deepEqual(said.slice(0, 3), [AWAY, 'for it to stay', AWAY]);
});
