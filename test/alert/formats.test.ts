import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Shape } from '../../src/config/sinks/webhook-shapes.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { BOT_TOKEN, bodiesOf, requestsOf } from './bodies.ts';
import { golden, pretty } from './golden.ts';
import { AT, alert, dispatch, everyKind, told } from './support.ts';

/** Raised and the other kinds; one that got worse; the last one clears. */
const STORIES: Dispatch[] = [
  everyKind(),
  dispatch({
    runbooks: 'https://wiki.example.org/certagent?a=1&b=2|x',
    notifications: [told({ since: AT - DAY, sent: { severity: 'warning', worst: 'warning' } })],
  }),
  dispatch({ notifications: [told({ status: 'cleared', since: AT - DAY })], allClear: true, merged: 3 }),
];

for (const shape of ['slack', 'slack-text', 'teams', 'ntfy', 'gotify', 'telegram', 'matrix'] as const)
  test(`${shape}: raised, worse, all clear`, () =>
    golden(`alert-${shape}.json`, pretty(`[${STORIES.flatMap((story) => bodiesOf(shape, story)).join(',')}]`)));

type Body = {
  text: string;
  message: string;
  formatted_body: string;
  'm.mentions': object;
  priority: number;
  disable_notification: boolean;
  blocks: { type: string; text?: { text: string } }[];
};
const one = (shape: Shape, of: Dispatch): Body => {
  const bodies = bodiesOf(shape, of);
  assert.equal(bodies.length, 1);
  return JSON.parse(bodies[0]!);
};

/** What each service refuses or cuts, and where its documentation says so. */
const LIMITS: [Shape, (body: Body, json: string) => void][] = [
  [
    'slack',
    ({ blocks }, json) => {
      assert.ok(blocks.length <= 50);
      for (const { type, text } of blocks) assert.ok((text?.text.length ?? 1) <= (type === 'header' ? 150 : 3_000));
      for (const { text } of blocks) assert.notEqual(text?.text, '');
      assert.ok(json.length <= 13_000);
    },
  ],
  ['slack-text', ({ text }) => assert.ok(text.length <= 2_000)],
  ['teams', (_, json) => assert.ok(Buffer.byteLength(json) <= 28 * 1024)],
  [
    'ntfy',
    ({ message }, json) => {
      assert.ok(Buffer.byteLength(message) <= 4_096);
      assert.ok(Buffer.byteLength(json) <= 2 * 4_096, 'ntfy reads no more JSON than that');
    },
  ],
  ['gotify', ({ message }) => assert.ok(message.length <= 8_000)],
  ['telegram', ({ text }) => assert.ok(text.replace(/<[^>]*>/g, '').replace(/&\w+;/g, '&').length <= 4_096)],
  ['matrix', (_, json) => assert.ok(Buffer.byteLength(json) <= 60_000)],
];

/** Long, of characters that take several bytes, are escaped, or are two units. */
const awkward = fc.tuple(fc.constantFrom('x', '&', '<', '€', '😀', '"', '\\'), fc.integer({ min: 1, max: 3_000 }));
const text = awkward.map(([of, times]) => of.repeat(times));
const notifications = fc.array(
  fc.record({
    status: fc.constantFrom('raised' as const, 'repeated' as const, 'cleared' as const),
    since: fc.constant(AT - DAY),
    alert: fc
      .record({ text, remedy: text, facts: fc.dictionary(text, text, { maxKeys: 60 }) })
      .map((change) => alert(change)),
  }),
  { minLength: 1, maxLength: 60 },
);

for (const [shape, holds] of LIMITS)
  test(`${shape}: whatever the alerts hold, the message fits, and no character is cut in two`, () => {
    fc.assert(
      fc.property(notifications, text, (notifications, label) => {
        const node = { ...dispatch().node, labels: { site: label.slice(0, 100) } };
        const [json] = bodiesOf(shape, dispatch({ notifications, node, runbooks: `https://w/${'&'.repeat(490)}` }));
        assert.doesNotMatch(json!, /\\ud[89a-f]/i);
        assert.doesNotMatch(json!, /&(?:a|am|amp|l|lt|g|gt)…/);
        holds(JSON.parse(json!), json!);
      }),
      { numRuns: 40 },
    );
  });

test('what does not fit is counted, and the worst stays', () => {
  const facts = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`certificate-${index}`, 'y'.repeat(60)]));
  const many = Array.from({ length: 60 }, (_, index) => told({ alert: alert({ subject: `s${index}`, facts }) }));
  for (const shape of ['slack-text', 'ntfy', 'telegram', 'slack', 'gotify', 'teams', 'matrix'] as const) {
    const [json] = bodiesOf(shape, dispatch({ notifications: many }));
    assert.match(json!, /2 certificates have expired/, shape);
    assert.match(json!, /And \d+ more: certagent status shows them/, shape);
  }
  const single = dispatch({ notifications: [told({ alert: alert({ facts }) })] });
  assert.match(one('slack-text', single).text, /and \d+ more$/m);
});

/** A name on the node that is markup for one of the services. */
const EVIL = '<!channel> <b>x</b> [click](https://evil.example) @everyone @here @room **b** <https://evil.example|x>';
const evil = dispatch({ notifications: [told({ alert: alert({ text: EVIL, facts: { [EVIL]: EVIL } }) })] });

test('nothing of an alert is markup, a link or a mention', () => {
  const raw = (shape: Shape) => bodiesOf(shape, evil)[0]!;
  for (const shape of ['slack', 'slack-text'] as const) assert.doesNotMatch(raw(shape), /<!|<https/);
  assert.doesNotMatch(raw('slack-text'), /@everyone|@here/);
  assert.equal(raw('slack').match(/"mrkdwn"/g)?.length, raw('slack').match(/"verbatim":true/g)?.length);
  assert.doesNotMatch(raw('teams'), /"TextBlock"/, 'a TextBlock is Markdown');
  assert.doesNotMatch(raw('telegram'), /<(?!\/?b>)|<b>x/);
  const { formatted_body: html, 'm.mentions': mentions } = one('matrix', evil);
  assert.doesNotMatch(html, /<b>|<!|<https/);
  assert.deepEqual(mentions, {});
  assert.match(raw('gotify'), /"contentType":"text\/plain"/);
});

test('where each request goes, and where the token is', () => {
  const shown = (shape: Shape) => {
    const [{ url, method = 'POST', headers = {} } = { url: '' }] = requestsOf(shape, dispatch());
    return [method, String(url), headers];
  };
  assert.deepEqual(shown('ntfy'), ['POST', 'https://hooks.example.org/', {}]);
  assert.deepEqual(shown('gotify'), ['POST', 'https://hooks.example.org/topic/message', { 'x-gotify-key': BOT_TOKEN }]);
  assert.deepEqual(shown('telegram'), ['POST', `https://hooks.example.org/topic/bot${BOT_TOKEN}/sendMessage`, {}]);
  assert.deepEqual(shown('matrix'), [
    'PUT',
    `https://hooks.example.org/topic/_matrix/client/v3/rooms/!room%3Aexample.org/send/m.room.message/${dispatch().id}`,
    {},
  ]);
});

test('priorities and sounds follow the worst that is active', () => {
  const at = (severity: 'critical' | 'warning' | 'info', status: 'raised' | 'cleared' = 'raised') => {
    const of = dispatch({ notifications: [told({ status, alert: alert({ severity }) })] });
    const [ntfy, gotify, telegram] = (['ntfy', 'gotify', 'telegram'] as const).map((shape) => one(shape, of));
    return [ntfy!.priority, gotify!.priority, telegram!.disable_notification];
  };
  assert.deepEqual(at('critical'), [5, 8, false]);
  assert.deepEqual(at('warning'), [4, 5, false]);
  assert.deepEqual(at('info'), [3, 2, true]);
  assert.deepEqual(at('critical', 'cleared'), [3, 2, true]);
});
