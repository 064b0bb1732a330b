import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simpleParser } from 'mailparser';
import { headersOf, threadOf } from '../../src/alert/email-thread.ts';
import { parseConfig } from '../../src/config/load.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { open } from './fake-sinks.ts';
import { AT, alert, dispatch, everyKind, mailServer, makeRoot, told } from './support.ts';

const NODE = dispatch().node;

test('one thread for the life of an alert, across restarts, and another for the next time', async (t) => {
  const root = await makeRoot(t);
  const { port, emails } = await mailServer(t, { disabledCommands: ['AUTH', 'STARTTLS'] });
  const { alerts: config } = await parseConfig(
    `[[alerts.email]]
     host = "127.0.0.1"
     port = ${port}
     security = "none"
     from = "certagent@example.org"
     to = ["ops@example.org"]`,
    'config.toml',
  );
  const stale = alert({ code: 'SERVED_STALE', severity: 'warning', subject: 'etcd', text: 'etcd serves an old one.' });
  const steps = [[alert()], [alert()], [alert(), stale], [stale], [], [alert()]];
  for (const [day, alerts] of steps.entries()) {
    // Each is a process of its own.
    const { service } = await open(root, { config, now: () => AT + day * DAY });
    await service.report({ node: NODE, alerts, events: [] });
    await service.flush();
    await service.stop();
  }
  const mails = await Promise.all(emails.map(({ raw }) => simpleParser(raw)));
  assert.deepEqual(
    mails.map(({ subject }) => subject?.replace(/:.*/, '')),
    [
      '[certagent] CRITICAL node-1',
      '[certagent] STILL CRITICAL node-1',
      '[certagent] STILL CRITICAL node-1',
      '[certagent] STILL WARNING node-1',
      '[certagent] ALL CLEAR node-1',
      '[certagent] CRITICAL node-1',
    ],
  );
  const expired = mails[0]!.messageId!;
  assert.match(expired, /^<certagent-[0-9a-f]{40}@example\.org>$/);
  assert.equal(mails[0]!.inReplyTo, undefined);
  const served = [mails[2]!.references].flat()[1]!;
  assert.deepEqual(
    mails.slice(1).map(({ inReplyTo, references }) => [inReplyTo, [references ?? []].flat()]),
    [
      [expired, [expired]],
      [expired, [expired, served]],
      [served, [served, expired]],
      [served, [served]],
      [undefined, []],
    ],
  );
  assert.match(mails[5]!.messageId!, /^<certagent-/);
  assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, mails.length);
});

test('an email that begins several alerts brings all of them into its thread', () => {
  const other = told({ sent: null, alert: alert({ subject: 'other' }) });
  const began = threadOf(dispatch({ notifications: [told({ sent: null }), other] }), 'x');
  const later = threadOf(dispatch({ notifications: [{ ...other, status: 'cleared' }] }), 'x');
  assert.equal(began.inReplyTo, undefined);
  assert.deepEqual(began.references, [later.inReplyTo]);
});

test('another node with the same alert since the same moment has its own thread; an event alone has none', () => {
  const of = (labels: Record<string, string>) =>
    threadOf(dispatch({ node: { ...NODE, labels }, notifications: [told({ sent: null })] }), 'x').messageId;
  assert.notEqual(of({ site: 'oslo' }), of({ site: 'bergen' }));
  const renewed = dispatch({ notifications: [told({ status: 'event' })] });
  assert.deepEqual(threadOf(renewed, 'x'), { messageId: `<${renewed.id}@x>` });
});

test('headers for filters: the worst of what is active, and where', () => {
  assert.deepEqual(headersOf(everyKind()), {
    'X-Certagent-Severity': 'critical',
    'X-Certagent-Status': 'raised',
    'X-Certagent-Codes': 'CERTIFICATE_EXPIRED, CLOCK_DOUBTFUL, RENEWED, SERVED_STALE',
    'X-Certagent-Node': 'node-1',
    'X-Certagent-Machine': everyKind().node.machine,
    'X-Certagent-Labels': 'site=oslo, instance=node-1:9100',
  });
  const severity = (...notifications: ReturnType<typeof told>[]) =>
    headersOf(dispatch({ notifications }))['X-Certagent-Severity'];
  const [cleared, warning, info] = [
    told({ status: 'cleared' }),
    told({ alert: alert({ severity: 'warning' }) }),
    told({ status: 'event', alert: alert({ severity: 'info' }) }),
  ];
  assert.deepEqual(
    [severity(cleared), severity(warning, cleared), severity(info, cleared)],
    ['critical', 'warning', 'info'],
  );
});
