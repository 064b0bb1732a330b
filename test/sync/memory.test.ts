import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Certificate } from '../../src/domain/model/certificate.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { forgetting, type Memory, NOTHING, whyNotRenewed, withCurrent, withSource } from '../../src/sync/memory.ts';

const NOW = Date.UTC(2026, 5, 1);
const GRACE = 7 * DAY;
const PATH = '/home/alice/.kube/config';
const UID = 1000;

const known = (fingerprint: string, days: number) => ({ fingerprint, notAfter: NOW + days * DAY });
const [A, B, C] = [known('a', 10), known('b', 300), known('c', 365)];
const through = (...steps: ((memory: Memory) => Memory)[]) => steps.reduce((memory, step) => step(memory), NOTHING);
const source = (one: typeof A) => (memory: Memory) => withSource(memory, one);
const current =
  (one: typeof A, path = PATH, uid = UID) =>
  (memory: Memory) =>
    withCurrent(memory, path, uid, one);
const gone = (...paths: string[]) => after(0, paths);
const after =
  (days: number, paths: string[] = []) =>
  (memory: Memory) =>
    forgetting(memory, { now: NOW + days * DAY, grace: GRACE, isGone: (path) => paths.includes(path) });
const why = (memory: Memory, one: typeof A, more: { path?: string; uid?: number; days?: number } = {}) =>
  whyNotRenewed(memory, {
    path: more.path ?? PATH,
    uid: more.uid ?? UID,
    certificate: one as Certificate,
    now: NOW + (more.days ?? 0) * DAY,
    grace: GRACE,
  });

describe('which copies with an older certificate are renewed', () => {
  const table: [string, Memory, typeof A, Parameters<typeof why>[2], RegExp | null][] = [
    ['seen current before', through(source(A), current(A), source(B), source(C)), A, {}, null],
    [
      'seen current, by another owner',
      through(source(A), current(A), source(B), source(C)),
      A,
      { uid: 1 },
      /never saw/,
    ],
    [
      'seen current, at another path',
      through(source(A), current(A), source(B), source(C)),
      A,
      { path: '/x' },
      /never saw/,
    ],
    ['seen current, another certificate', through(source(B), current(B), source(C)), A, {}, /never saw/],
    ['seen current, expired within the grace', through(current(A), source(B)), A, { days: 16 }, null],
    ['seen current, expired before that', through(current(A), source(B)), A, { days: 18 }, /more than 7 d/],
    ["the node's previous one", through(source(A), source(B)), A, {}, null],
    ["the node's previous one, expired within the grace", through(source(A), source(B)), A, { days: 16 }, null],
    ["the node's previous one, expired before that", through(source(A), source(B)), A, { days: 18 }, /more than 7 d/],
    ['the one before the previous', through(source(A), source(B), source(C)), A, {}, /never saw/],
    ['after a renewal that was rolled back', through(source(A), source(B), source(A), source(C)), A, {}, null],
    ['nothing known', through(source(B)), A, {}, /never saw/],
    [
      'removed, and back with the previous one',
      through(source(A), current(A), gone(PATH), source(B)),
      A,
      {},
      /removed before/,
    ],
    [
      'removed elsewhere by its owner',
      through(source(A), current(A, '/srv/a'), gone('/srv/a'), source(B)),
      A,
      {},
      /removed/,
    ],
    [
      'removed, back with a current one, then older',
      through(source(A), current(A), gone(PATH), source(B), current(B), source(C)),
      B,
      {},
      null,
    ],
    [
      'forgotten for its age',
      through(source(A), current(A), source(B), source(C), after(18)),
      A,
      { days: 16 },
      /never/,
    ],
  ];
  for (const [name, memory, one, more, wanted] of table)
    test(name, () => {
      const answer = why(memory, one, more);
      if (wanted === null) assert.equal(answer, null);
      else assert.match(answer ?? 'renewed', wanted);
    });

  test('the same observation again changes nothing', () => {
    const memory = through(source(A), current(A), current(B, '/srv/b', 2));
    assert.equal(current(A)(memory), memory);
    assert.deepEqual(source(A)(memory), memory);
  });

  test('a removed copy is remembered for as long as its certificate could come back', () => {
    const memory = through(source(A), current(A), gone(PATH));
    assert.equal(after(16)(memory).gone.length, 1);
    assert.equal(after(18)(memory).gone.length, 0);
  });
});
