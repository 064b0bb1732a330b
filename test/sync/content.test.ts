import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readContent, replaceValues } from '../../src/sync/copy-content.ts';
import type { NewValue } from '../../src/sync/messages.ts';

const CERT: NewValue = { list: 'users', index: 0, key: 'client-certificate-data', data: 'TkVX' };
const edit = (text: string) => replaceValues(text, [CERT]);

describe('replaceValues keeps everything but the value', () => {
  const block = (value: string, end = '\n') =>
    `users:\n- name: u\n  user:\n    client-certificate-data: ${value}${end}`;
  const cases: [string, string, string][] = [
    ['plain', block('T0xE'), block('TkVX')],
    ['no line end at the end', block('T0xE', ''), block('TkVX', '')],
    ['a comment behind', block('T0xE   # mine'), block('TkVX   # mine')],
    ['double quotes', block('"T0xE"'), block('"TkVX"')],
    ['single quotes', block("'T0xE'"), block("'TkVX'")],
    ['double quotes over two lines', block('"T0\\\n      xE"'), block('"TkVX"')],
    ['plain over two lines', block('T0\n      xE'), block('TkVX')],
    ['literal block', block('|\n      T0xE\n      T0xE\n'), block('|\n      TkVX\n')],
    ['folded block, stripped, with comment', block('>- # c\n\n      T0xE\n\n'), block('>- # c\n\n      TkVX\n\n')],
    ['block with an indentation indicator', block('|2\n      T0xE'), block('|2\n      TkVX')],
    ['CRLF', block('T0xE').replaceAll('\n', '\r\n'), block('TkVX').replaceAll('\n', '\r\n')],
    ['CRLF block', block('|\n      T0xE').replaceAll('\n', '\r\n'), block('|\n      TkVX').replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${block('T0xE')}`, `\uFEFF${block('TkVX')}`],
    ['an anchor nobody uses', block('&a T0xE'), block('&a TkVX')],
    ['a tag', block('!!str T0xE'), block('!!str TkVX')],
    ['letters of two code units before it', `# 😀 ü\n${block('T0xE')}`, `# 😀 ü\n${block('TkVX')}`],
    [
      'flow style',
      '{users: [{name: u, user: {client-certificate-data: T0xE}}]}',
      '{users: [{name: u, user: {client-certificate-data: TkVX}}]}',
    ],
    [
      'JSON',
      '{"users":[{"name":"u","user":{"client-certificate-data":"T0xE"}}]}',
      '{"users":[{"name":"u","user":{"client-certificate-data":"TkVX"}}]}',
    ],
    [
      'explicit keys',
      'users:\n- name: u\n  ? user\n  : ? client-certificate-data\n    : T0xE\n',
      'users:\n- name: u\n  ? user\n  : ? client-certificate-data\n    : TkVX\n',
    ],
    ['document markers', `%YAML 1.2\n---\n${block('T0xE')}...\n`, `%YAML 1.2\n---\n${block('TkVX')}...\n`],
  ];
  for (const [what, text, wanted] of cases) test(what, () => assert.equal(edit(text), wanted));

  test('whatever stands around it', () => {
    const style = fc.constantFrom('T0xE', '"T0xE"', "'T0xE'", '|\n      T0xE', '>-\n      T0xE\n');
    const comment = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .map((text) => text.replace(/\p{C}|\p{Z}|\p{Cn}/gu, '-'));
    const ending = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(style, comment, ending, fc.jsonValue({ maxDepth: 2 }), (value, text, eol, extra) => {
        const file = `# ${text}\nextra: ${JSON.stringify(extra)}\n${block(value)}# ${text}\n`.replaceAll('\n', eol);
        assert.equal(edit(file), file.replace(/T0xE/, 'TkVX'));
      }),
      { numRuns: 200 },
    );
  });

  test('several values of several lists at once', () => {
    const text = (a: string, b: string, c: string) =>
      `users: [{name: u, user: {client-key-data: ${a}, client-certificate-data: ${b}}}]\nclusters: [{name: c, cluster: {certificate-authority-data: ${c}}}]\n`;
    const values: NewValue[] = [
      { list: 'clusters', index: 0, key: 'certificate-authority-data', data: 'Q0E=' },
      CERT,
      { list: 'users', index: 0, key: 'client-key-data', data: 'S0VZ' },
    ];
    assert.equal(replaceValues(text('a', 'b', 'c'), values), text('S0VZ', 'TkVX', 'Q0E='));
  });
});

describe('readContent refuses what cannot be understood for sure, and never quotes it', () => {
  const cases: [string, string, RegExp][] = [
    ['duplicate keys', 'users: []\nusers: []\n', /no valid YAML at line 2/],
    ['aliases', 'a: &secret x\nusers: *secret\n', /aliases/],
    ['several documents', 'users: []\n---\nusers: []\n', /2 YAML documents/],
    ['deep nesting', '['.repeat(5_000), /no valid YAML/],
    ['another kind', 'kind: Secret\n', /no kubeconfig/],
    ['no mapping', '- secret\n', /no kubeconfig/],
    ['nothing', '', /empty|no kubeconfig/],
    ['users that are no list', 'users: {secret: 1}\n', /no list at "users"/],
    ['an entry without a name', 'users: [{user: {token: secret}}]\n', /without a name/],
    ['two users of one name', 'users: [{name: u}, {name: u}]\n', /two entries of one name/],
  ];
  for (const [what, text, why] of cases)
    test(what, () =>
      assert.throws(
        () => readContent(text),
        (error: Error) => {
          assert.match(error.message, why);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      ),
    );

  test('tokens, plugins, files and binary data are other credentials', () => {
    for (const entry of [
      'token: x',
      'exec: {}',
      'auth-provider: {name: x}',
      'password: x',
      'client-key: /k',
      'tokenFile: /t',
      'client-key-data: !!binary QQ==',
    ])
      assert.notEqual(readContent(`users: [{name: u, user: {${entry}}}]`).users[0]?.other, null, entry);
    assert.equal(readContent('users: [{name: u, user: {as: x, client-key-data: QQ==}}]').users[0]?.other, null);
  });
});
