import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert, Severity, StandingAlert } from '../../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../../src/domain/alerts/catalogue.ts';
import { diffAlerts } from '../../../src/domain/alerts/diff.ts';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';

const alert = (
  code: string,
  severity: Severity = 'warning',
  facts: Record<string, string> = {},
  once = false,
): Alert => ({
  code: code as AlertCode,
  severity,
  subject: 'node',
  text: `${code}.`,
  remedy: 'Look.',
  facts,
  ...(once ? { once: true as const } : {}),
});
const at = (now: number, alerts: Alert[], before: StandingAlert[], events: Alert[] = []) =>
  diffAlerts({ before, now, alerts, events, repeat: DAY });
const sent = (diff: ReturnType<typeof diffAlerts>) =>
  diff.notifications.map((each) => `${each.status} ${each.alert.code}`);

test('an alert is sent when it is raised, every day while it is active, and when it clears', () => {
  const first = at(0, [alert('A')], []);
  assert.deepEqual(sent(first), ['raised A']);
  const same = at(DAY - 1, [alert('A')], first.book);
  assert.deepEqual(sent(same), []);
  const later = at(DAY, [alert('A')], same.book);
  assert.deepEqual(sent(later), ['repeated A']);
  assert.equal(later.notifications[0]!.since, 0);
  const over = at(DAY + HOUR, [], later.book);
  assert.deepEqual(sent(over), ['cleared A']);
  assert.equal(over.allClear, true);
  assert.deepEqual(sent(at(DAY + 2 * HOUR, [], over.book)), []);
});

test('all clear is sent when the last one cleared, and not while another is active', () => {
  const both = at(0, [alert('A'), alert('B')], []);
  const one = at(1, [alert('B')], both.book);
  assert.deepEqual([sent(one), one.allClear], [['cleared A'], false]);
  assert.equal(at(2, [], one.book).allClear, true);
  assert.equal(at(3, [], []).allClear, false, 'nothing was active before');
});

test('another severity and a further member make it new; fewer members and other values do not', () => {
  const first = at(0, [alert('A', 'warning', { x: '1', y: '1' })], []);
  assert.deepEqual(sent(at(1, [alert('A', 'critical', { x: '1' })], first.book)), ['raised A']);
  assert.deepEqual(sent(at(1, [alert('A', 'info', { x: '1' })], first.book)), ['raised A']);
  assert.deepEqual(sent(at(1, [alert('A', 'warning', { x: '1', z: '1' })], first.book)), ['raised A']);
  assert.deepEqual(sent(at(1, [alert('A', 'warning', { x: '2' })], first.book)), []);
});

test('a sink that was sent the worst is sent what became of it', () => {
  const worst = at(0, [alert('A', 'critical')], []);
  const better = at(1, [alert('A', 'info')], worst.book);
  assert.equal(better.notifications[0]!.worst, 'critical');
  assert.equal(at(2, [], better.book).notifications[0]!.worst, 'critical');
});

test('what lasts for months is sent once, until it changes', () => {
  const first = at(0, [alert('CA', 'info', { ca: '' }, true)], []);
  const later = at(40 * DAY, [alert('CA', 'info', { ca: '' }, true)], first.book);
  assert.deepEqual(sent(later), []);
  assert.deepEqual(sent(at(50 * DAY, [alert('CA', 'warning', { ca: '' }, true)], later.book)), ['raised CA']);
});

test('a clock that was set back does not silence an alert', () => {
  const first = at(100 * DAY, [alert('A')], []);
  const back = at(0, [alert('A')], first.book);
  assert.deepEqual(sent(at(DAY, [alert('A')], back.book)), ['repeated A']);
});

test('worst first, what cleared last; events are sent and not remembered', () => {
  const before = at(0, [alert('OLD', 'critical')], []).book;
  const diff = at(1, [alert('I', 'info'), alert('C', 'critical'), alert('W')], before, [alert('E', 'info')]);
  assert.deepEqual(sent(diff), ['raised C', 'raised W', 'raised I', 'event E', 'cleared OLD']);
  assert.deepEqual(
    diff.book.map((each) => each.alert.code),
    ['I', 'C', 'W'],
  );
});

test('whatever happens: the book is what is active, each alert that was raised clears once, the same state twice sends nothing', () => {
  const severity = fc.constantFrom<Severity>('info', 'warning', 'critical');
  const state = fc.uniqueArray(fc.tuple(fc.constantFrom('A', 'B', 'C'), severity), { selector: ([code]) => code });
  fc.assert(
    fc.property(fc.array(state, { maxLength: 12 }), (states) => {
      let book: StandingAlert[] = [];
      const open = new Set<string>();
      for (const [index, now] of states.entries()) {
        const alerts = now.map(([code, level]) => alert(code, level));
        const diff = at(index, alerts, book);
        for (const { status, alert: one } of diff.notifications) {
          if (status === 'raised') open.add(one.code);
          if (status === 'cleared') assert.ok(open.delete(one.code));
        }
        assert.deepEqual([...open].sort(), alerts.map(({ code }) => code).sort());
        assert.equal(diff.allClear, diff.notifications.length > 0 && diff.book.length === 0);
        assert.deepEqual(at(index, alerts, diff.book).notifications, []);
        book = diff.book;
      }
    }),
  );
});
