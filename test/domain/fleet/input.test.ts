import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentsIn, sectionsIn } from '../../../src/domain/fleet/documents.ts';
import { parseHosts } from '../../../src/domain/fleet/hosts.ts';

const HOSTS: [string, string[]][] = [
  ['', []],
  ['edge-1\nedge-2\n', ['edge-1', 'edge-2']],
  ['\ufeff# all\r\n\r\n  root@10.0.0.1  # the first\r\nedge-1\r\nedge-1', ['root@10.0.0.1', 'edge-1']],
  ['fe80::1%eth0\n::1\nadmin@fe80::1', ['fe80::1%eth0', '::1', 'admin@fe80::1']],
];

const REFUSED = [
  '-oProxyCommand=x',
  'a b',
  'root@-x',
  'a;b',
  '$(x)',
  '`x`',
  'a@b@c',
  '../x',
  'a\u001b[2J',
  'x'.repeat(300),
  'ü',
  '-',
  "a'b",
];

test('hosts: one a line, each once, with comments', () => {
  for (const [text, hosts] of HOSTS) assert.deepEqual(parseHosts(text), { hosts });
});

test('hosts: what ssh or a shell would take for more than a name is refused, with its line', () => {
  for (const text of [...REFUSED, 'a_b.c#d']) {
    const list = parseHosts(`edge-1\n${text}\n`);
    assert.ok('problem' in list && list.line === 2 && /is not the name of a host$/.test(list.problem), text);
    assert.ok(!list.problem.includes('\u001b'));
  }
});

test('hosts: never one that begins with a hyphen, or whose host does', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('-', 'a', '@', ' ', '\n', '#', '.', '=', '\t', '%') }), (text) => {
      const list = parseHosts(text);
      if ('hosts' in list) for (const host of list.hosts) assert.match(host, /^(?!-)(?!.*@-)[A-Za-z@.%_:-]+$/);
    }),
  );
});

test('hosts: not more than anybody watches', () => {
  const list = parseHosts(`${Array.from({ length: 10_001 }, (_, at) => `h${at}`).join('\n')}`);
  assert.ok('problem' in list && list.line === 10_001);
  assert.ok('hosts' in parseHosts(`${Array.from({ length: 10_000 }, (_, at) => `h${at}`).join('\n')}\nh1`));
});

const DOCUMENTS: [string, string[]][] = [
  ['', []],
  [' \n ', []],
  ['{"a":1}{"b":2}', ['{"a":1}', '{"b":2}']],
  ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
  ['[{"a":1},{"b":[2]}]\n', ['[{"a":1},{"b":[2]}]']],
  ['{"a":"}]\\"{["} [1]', ['{"a":"}]\\"{["}', '[1]']],
  ['banner {"a":1}', ['{"a":1}']],
  ['{"a":1', ['{"a":1']],
  ['{"a":"1', ['{"a":"1']],
  ['no JSON', ['']],
  ['{"a":1} trailing', ['{"a":1}', '']],
];

test('documents: one after another, whatever is in their strings', () => {
  for (const [text, documents] of DOCUMENTS)
    assert.deepEqual(
      documentsIn(text).map(({ json }) => json),
      documents,
      text,
    );
});

test('documents: every JSON stream comes out as it went in, and no text is lost', () => {
  const value = fc.jsonValue().filter((each) => typeof each === 'object' && each !== null);
  fc.assert(
    fc.property(fc.array(value), fc.constantFrom('', '\n', ' \r\n\t'), (values, between) => {
      const texts = values.map((each) => JSON.stringify(each));
      assert.deepEqual(
        documentsIn(texts.join(between)).map(({ json }) => json),
        texts,
      );
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', 'a', ' ') }), (text) => {
      const all = documentsIn(text).map(({ before, json }) => before + json);
      assert.equal(all.join('').trimEnd(), text.trimEnd());
    }),
  );
});

test("sections: one for each of Ansible's hosts", () => {
  const text =
    'edge-1 | CHANGED | rc=0 >>\n{"a":1}\nedge-2 | UNREACHABLE! => {"msg":"x"}\nedge-3 | FAILED | rc=127 >>\nno\n';
  assert.deepEqual(sectionsIn(text), [
    { host: 'edge-1', body: '\n{"a":1}\n' },
    { host: 'edge-2', body: ' {"msg":"x"}\n' },
    { host: 'edge-3', body: '\nno\n' },
  ]);
  assert.deepEqual(sectionsIn('{"a":1}'), [{ host: null, body: '{"a":1}' }]);
  assert.deepEqual(sectionsIn(`[WARNING]\n${text}`)[0], { host: null, body: '[WARNING]\n' });
  assert.deepEqual(sectionsIn(''), []);
});
