import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, Severity, StandingAlert } from '../../../src/domain/alerts/alert.ts';
import { diffAlerts } from '../../../src/domain/alerts/diff.ts';
import { refreshed } from '../../../src/domain/alerts/refresh.ts';
import { silencedUpTo, silenceOf } from '../../../src/domain/alerts/silence.ts';
import { current, NO_ORDERS, type Silence, silenced, unsilenced } from '../../../src/domain/model/orders.ts';
import { DAY } from '../../../src/domain/time/duration.ts';

const alert = (severity: Severity, subject = 'node'): Alert => ({
  code: 'CA_ENDING',
  severity,
  subject,
  text: 'A CA expires.',
  remedy: '',
  facts: { ca: 'soon' },
});
const silence = (change: Partial<Silence> = {}): Silence => ({
  code: 'CA_ENDING',
  subject: null,
  since: 0,
  until: 7 * DAY,
  reason: 'known',
  severity: 'warning',
  ...change,
});
const at = (now: number, alerts: Alert[], before: StandingAlert[], silences: Silence[] = [silence()]) =>
  diffAlerts({ before, now, alerts, events: [], repeat: DAY, silences });
const sent = ({ notifications }: ReturnType<typeof diffAlerts>) =>
  notifications.map(({ status, alert }) => `${status} ${alert.severity}`);

test('what a silence is about', () => {
  const holds = (change: Partial<Silence>, of = alert('warning'), now = 0) =>
    silenceOf(of, [silence(change)], now) !== null;
  assert.equal(holds({}), true);
  assert.equal(holds({ code: 'SERVED_STALE' }), false);
  assert.equal(holds({ subject: 'node' }), true);
  assert.equal(holds({ subject: 'etcd' }), false);
  assert.equal(holds({}, alert('critical')), false, 'it got worse');
  assert.equal(holds({ severity: 'critical' }, alert('critical')), true);
  assert.equal(holds({}, alert('info')), true);
  assert.equal(holds({}, alert('warning'), 7 * DAY), false, 'it has run out');
});

test('a silence holds for what is active when it is made, and for a warning where nothing is', () => {
  const about = { code: 'CA_ENDING', subject: null };
  assert.equal(silencedUpTo([], about), 'warning');
  assert.equal(silencedUpTo([alert('critical', 'a'), alert('info', 'b')], about), 'critical');
  assert.equal(silencedUpTo([alert('critical', 'a'), alert('info', 'b')], { ...about, subject: 'b' }), 'info');
  assert.equal(silencedUpTo([alert('critical')], { ...about, code: 'SERVED_STALE' }), 'warning');
});

test('a silenced alert is in the book, marked, and is neither sent nor repeated nor refreshed', () => {
  const first = at(0, [alert('warning')], [], []);
  assert.deepEqual(sent(first), ['raised warning']);
  const second = at(DAY, [alert('warning')], first.book);
  assert.deepEqual(sent(second), []);
  assert.equal(second.book[0]!.silencedUntil, 7 * DAY);
  assert.equal(refreshed(first.book).length, 1);
  assert.deepEqual(refreshed(second.book), []);
  const later = at(7 * DAY, [alert('warning')], second.book);
  assert.deepEqual(sent(later), ['repeated warning']);
  assert.equal(later.book[0]!.silencedUntil, undefined);
});

test('one that was never sent is raised when the silence ends', () => {
  const first = at(0, [alert('warning')], []);
  assert.deepEqual([sent(first), first.book.length], [[], 1]);
  assert.deepEqual(sent(at(8 * DAY, [alert('warning')], first.book)), ['raised warning']);
});

test('what gets worse than the silence is sent at once; what only gets worse below it is not', () => {
  const info = at(0, [alert('info')], []);
  const warning = at(1, [alert('warning')], info.book);
  assert.deepEqual(sent(warning), []);
  assert.deepEqual(sent(at(2, [alert('critical')], warning.book)), ['raised critical']);
});

test('what was sent and clears while it is silenced is cleared at the sinks', () => {
  const first = at(0, [alert('warning')], [], []);
  const second = at(1, [alert('warning')], first.book);
  assert.deepEqual(sent(at(2, [], second.book)), ['cleared warning']);
  assert.deepEqual(sent(at(2, [], at(0, [alert('warning')], []).book)), []);
});

test('orders: what has run out is gone, and a silence takes the place of one about the same', () => {
  const pause = { since: 0, until: 10, reason: 'freeze' };
  const orders = silenced(silenced({ ...NO_ORDERS, pause }, silence({ reason: 'a' })), silence({ reason: 'b' }));
  assert.deepEqual(
    orders.silences.map(({ reason }) => reason),
    ['b'],
  );
  assert.deepEqual(current(orders, 9), orders);
  assert.deepEqual(current(orders, 10), { pause: null, silences: orders.silences });
  assert.deepEqual(current(orders, 7 * DAY), NO_ORDERS);
  const two = silenced(orders, silence({ subject: 'etcd' }));
  assert.equal(two.silences.length, 2);
  assert.deepEqual(unsilenced(two, { code: 'CA_ENDING', subject: 'etcd' })?.silences, orders.silences);
  assert.equal(unsilenced(orders, { code: 'CA_ENDING', subject: 'x' }), null);
});
