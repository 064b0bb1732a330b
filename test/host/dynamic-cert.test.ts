import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDynamicCert, parseDynamicCert } from '../../src/host/dynamic-cert.ts';

// The rules are those of dynamiclistener v0.10 (storage/file) and of Go 1.26's encoding/json; each row was put to a decoder
// of the type v1.Secret. Not distinguished here: the same member twice, which Go merges.
const data = '"data":{"tls.crt":"Q1JU","tls.key":"S0VZ"}';

describe('a TLS secret is read as K3s reads it', () => {
  const forms: [string, string, [string, string]][] = [
    [
      'as K3s writes it',
      `{"kind":"Secret","apiVersion":"v1","metadata":{"annotations":{"a":"b"}},${data}}\n`,
      ['CRT', 'KEY'],
    ],
    ['blanks before it', ` \n{${data}}`, ['CRT', 'KEY']],
    ['anything after it', `{${data}} x`, ['CRT', 'KEY']],
    ['another case', '{"Data":{"tls.crt":"Q1JU"}}', ['CRT', '']],
    ['the keys of the data keep their case', '{"data":{"TLS.CRT":"Q1JU"}}', ['', '']],
    ['line breaks in the base64', '{"data":{"tls.crt":"QU\\r\\nJD"}}', ['ABC', '']],
    ['bytes as numbers', '{"data":{"tls.crt":[65,66]}}', ['AB', '']],
    ['null everywhere', '{"kind":null,"metadata":null,"data":{"tls.crt":null},"immutable":null}', ['', '']],
    ['no data', '{}', ['', '']],
    ['null', 'null', ['', '']],
    ['brackets in text', `{"a":"]}\\"",${data}}`, ['CRT', 'KEY']],
  ];
  for (const [what, text, [certificate, key]] of forms)
    test(what, () => assert.deepEqual(parseDynamicCert(text), { certificate, key }));
});

describe('a file that K3s cannot read is refused, and not quoted', () => {
  const forms: [string, string, boolean][] = [
    ['cut', `{${data}`, true],
    ['cut in a text', '{"data":{"tls.crt":"Q1', true],
    ['empty', '', false],
    ['not JSON', 'x }', false],
    ['a byte order mark', `\ufeff{${data}}`, false],
    ['a list', '[]', false],
    ['a comma too much', `{${data},}`, false],
    ['quotes of another kind', "{'a':1}", false],
    ['a tab in a text', `{"a":"\t",${data}}`, false],
    ['padding lost', '{"data":{"tls.crt":"QQ"}}', false],
    ['a blank in the base64', '{"data":{"tls.crt":"Q Q="}}', false],
    ['other data that is not base64', '{"data":{"tls.crt":"QUJD","x":"!"}}', false],
    ['data that is a list', '{"data":[]}', false],
    ['data that is a number', '{"data":{"tls.crt":1}}', false],
    ['a kind that is a number', `{"kind":1,${data}}`, false],
    ['an annotation that is a number', `{"metadata":{"annotations":{"a":1}},${data}}`, false],
    ['a time that is none', `{"metadata":{"creationTimestamp":"x"},${data}}`, false],
  ];
  for (const [what, text, open] of forms)
    test(what, () => {
      const read = parseDynamicCert(text);
      assert.ok('refused' in read);
      assert.equal(read.open, open);
      assert.doesNotMatch(read.refused, /Q1JU|QUJD/);
    });
});

test('other JSON is not taken for one', () => {
  assert.equal(isDynamicCert(`{${data}}`), true);
  assert.equal(isDynamicCert(`{${data.slice(0, 30)}`), true);
  assert.equal(isDynamicCert('{"kind":"Config","users":[]}'), false);
  assert.equal(isDynamicCert('{"kind":"Config","users":[{"name":"\\"tls.crt\\""}]}'), false);
  assert.equal(isDynamicCert('-----BEGIN CERTIFICATE-----'), false);
});
