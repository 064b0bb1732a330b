import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type NewValue, replaceValues } from '../../src/host/kubeconfig-edit.ts';
import { readContent } from '../../src/sync/copy-content.ts';

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
    ['document markers', `%YAML 1.1\n---\n${block('T0xE')}...\n`, `%YAML 1.1\n---\n${block('TkVX')}...\n`],
    ['a second document', `${block('T0xE')}---\n${block('T0xE')}`, `${block('TkVX')}---\n${block('T0xE')}`],
    ['aliases elsewhere', `x: &x [a]\ny: *x\n${block('T0xE')}`, `x: &x [a]\ny: *x\n${block('TkVX')}`],
  ];
  for (const [what, text, wanted] of cases) test(what, () => assert.equal(edit(text), wanted));

  test('whatever surrounds it', () => {
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

describe('replaceValues does not change a value that occurs twice, or that has another use', () => {
  const cases: [string, string][] = [
    ['an alias', 'a: &a T0xE\nusers: [{name: u, user: {client-certificate-data: *a}}]\n'],
    [
      'an anchor that is used',
      'users: [{name: u, user: {client-certificate-data: &a T0xE}}, {name: v, user: {client-certificate-data: *a}}]\n',
    ],
    ['a user that is an alias', 'a: &a {client-certificate-data: T0xE}\nusers: [{name: u, user: *a}]\n'],
    ['a merged value', 'a: &a {client-certificate-data: T0xE}\nusers: [{name: u, user: {<<: *a}}]\n'],
    ['a key twice', 'users: [{name: u, user: {client-certificate-data: T0xE, client-certificate-data: T0xE}}]\n'],
    ['its list twice', 'users: []\nusers: [{name: u, user: {client-certificate-data: T0xE}}]\n'],
    ['bytes as a list', 'users: [{name: u, user: {client-certificate-data: [1, 2]}}]\n'],
  ];
  for (const [what, text] of cases)
    test(what, () => {
      assert.equal(readContent(text).users[0]?.name, 'u');
      assert.throws(() => edit(text), { code: 'COPY_NOT_EDITABLE' });
    });
});

describe('readContent refuses what kubectl refuses, and never quotes it', () => {
  const cases: [string, string, RegExp][] = [
    ['an alias of nothing', 'users: *secret\n', /alias without its anchor/],
    ['deep nesting', '['.repeat(5_000), /not valid YAML|too deeply/],
    ['another kind', 'kind: Secret\n', /another kind/],
    ['no mapping', '- secret\n', /not a mapping/],
    ['users that are not a list', 'users: {secret: 1}\n', /not have a list at users/],
    ['two users of the same name', 'users: [{name: u}, {name: u}]\n', /two entries of the same name/],
    ['binary data that is not base64', 'users: [{name: u, user: {client-key-data: !!binary QQ==}}]', /not base64/],
    ['YAML 1.2', '%YAML 1.2\n---\nusers: []\n', /not YAML 1.1/],
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

  test('tokens, plugins and files are other credentials', () => {
    for (const entry of [
      'token: x',
      'exec: {}',
      'auth-provider: {name: x}',
      'password: x',
      'client-key: /k',
      'tokenFile: /t',
    ])
      assert.notEqual(readContent(`users: [{name: u, user: {${entry}}}]`).users[0]?.other, null, entry);
    assert.equal(readContent('users: [{name: u, user: {as: x, client-key-data: QQ==}}]').users[0]?.other, null);
  });
});
