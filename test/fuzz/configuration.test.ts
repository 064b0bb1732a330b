import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleToml } from '../../src/config/example.ts';
import { ConfigError, parseConfig } from '../../src/config/load.ts';
import { mutatedText } from './mutate.ts';
import { asyncRefusal, fuzz } from './support.ts';

const FILE = '/etc/certagent/config.toml';
const SECRET = 'hunter2-hunter2';

const SAMPLE = `mode = "renew"
[windows]
opens = "90d"
urgent = "30d"
[maintenance]
days = ["Mon", "Tue"]
start = "02:00"
end = "04:00"
[[alerts.email]]
host = "mail.example.org"
from = "certagent@example.org"
to = ["ops@example.org"]
password_file = "${SECRET}"
[[alerts.webhook]]
url = "https://user:${SECRET}@example.org/${SECRET}"
[copies]
paths = ["/srv/kube/config"]
`;

const value = fc.oneof(
  fc.constantFrom(
    '"x"',
    '""',
    '-1',
    '1e999',
    'nan',
    '1979-05-27',
    '07:32:00',
    '[]',
    '[[1]]',
    '{}',
    '{a={b=1}}',
    'true',
    '"90d"',
    "'''\n\u001b'''",
    '99999999999999999999',
    '"/a\\u0000b"',
  ),
  fc.string({ maxLength: 10 }).map((text) => JSON.stringify(text)),
);
const key = fc.constantFrom(
  'mode',
  'opens',
  'windows.opens',
  '"a\\nb"',
  '"\\u001b[31m"',
  'alerts',
  'alerts.email',
  'constructor',
  '__proto__',
  '"__proto__"',
  'toString',
  'log.level',
  'copies.paths',
  'watch',
);
const table = fc.constantFrom(
  '[windows]',
  '[[alerts.email]]',
  '[[alerts.webhook]]',
  '[alerts]',
  '[copies]',
  '[watch]',
  '[log]',
  '[__proto__]',
  '[a."b\\nc"]',
  '[[windows]]',
  '',
);
const generated = fc
  .array(fc.tuple(table, fc.array(fc.tuple(key, value), { maxLength: 3 })), { maxLength: 4 })
  .map((tables) =>
    tables.map(([head, rows]) => [head, ...rows.map(([name, given]) => `${name} = ${given}`)].join('\n')).join('\n'),
  );

test('a configuration is taken, or refused with the file, and the line and key of each fault', async (t) => {
  let refusals = 0;
  await fuzz(t, 600, fc.oneof(mutatedText([SAMPLE, exampleToml()]), generated), async (text) => {
    const refused = await asyncRefusal(() => parseConfig(text, FILE));
    if (refused === null) return;
    refusals += 1;
    assert.ok(refused instanceof ConfigError, refused.code);
    assert.ok(refused.message.startsWith(FILE));
    assert.ok(refused.problems.length > 0);
    const lines = text.split('\n').length;
    for (const { line, key: of, message } of refused.problems) {
      assert.ok(line !== null || of !== '', `neither line nor key: ${message}`);
      if (line !== null) assert.ok(line >= 1 && line <= lines, `line ${line} of ${lines}`);
      assert.notEqual(message, '');
      // One line each, and nothing in it that steers a terminal.
      assert.doesNotMatch(of + message, /\p{Cc}/u);
    }
  });
  t.diagnostic(`${refusals} of them refused`);
  assert.ok(refusals > 0);
});

test('values are not quoted: one may be a secret in the wrong place', async (t) => {
  // Only values are changed, so that the secret does not become a key, which is named.
  const wrong = fc.tuple(
    fc.constantFrom(...SAMPLE.split('\n').filter((line) => line.includes(' = '))),
    fc.constantFrom(`"${SECRET}"`, `["${SECRET}"]`, `{ x = "${SECRET}" }`, `"${SECRET}`, `${SECRET}`),
  );
  await fuzz(t, 250, wrong, async ([line, given]) => {
    const name = line.slice(0, line.indexOf(' = '));
    const refused = await asyncRefusal(() => parseConfig(SAMPLE.replace(line, `${name} = ${given}`), FILE));
    assert.ok(!JSON.stringify([refused?.message, refused?.remedy]).includes(SECRET), refused?.message);
  });
});
