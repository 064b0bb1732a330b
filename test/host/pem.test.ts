import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeBase64 } from '../../src/host/base64.ts';
import { certificatesIn, certificateTexts, privateKeyIn, privateKeyText, readPem } from '../../src/host/pem.ts';

// The rules are those of Go 1.26's encoding/pem, of crypto/tls (X509KeyPair) and of client-go v0.36 (ParseCertsPEM). On 180,000
// texts made of parts like these, encoding/pem gave the same blocks.

const block = (type: string, body = 'QUJD\n', end = type) => `-----BEGIN ${type}-----\n${body}-----END ${end}-----\n`;
const whole = block('CERTIFICATE');

describe('a PEM text holds the blocks that Go finds in it', () => {
  const forms: [string, string, string[], 'open' | 'skipped' | null][] = [
    ['one block', whole, ['CERTIFICATE'], null],
    ['no line end at the end', whole.trimEnd(), ['CERTIFICATE'], null],
    ['CRLF', whole.replaceAll('\n', '\r\n'), ['CERTIFICATE'], null],
    ['two blocks', whole + whole, ['CERTIFICATE', 'CERTIFICATE'], null],
    ['blanks after END', whole.replace(/\n$/, ' \t\n'), ['CERTIFICATE'], null],
    ['blanks after BEGIN', whole.replace('\n', ' \t\n'), ['CERTIFICATE'], null],
    ['blanks in the base64', block('CERTIFICATE', ' QU\tJD \n'), ['CERTIFICATE'], null],
    ['blank lines around the base64', block('CERTIFICATE', '\n\nQUJD\n\n'), ['CERTIFICATE'], null],
    ['base64 on many short lines', block('CERTIFICATE', 'Q\nU\nJ\nD\n'), ['CERTIFICATE'], null],
    ['nothing inside', '-----BEGIN X-----\n-----END X-----\n', ['X'], null],
    ['text before and after', `subject: x\n\n${whole}that was it\n`, ['CERTIFICATE'], null],
    ['a comment about BEGIN', `# as in -----BEGIN CERTIFICATE-----\n${whole}`, ['CERTIFICATE'], null],
    ['a byte of another encoding in a comment', `caf\xe9\n${whole}`, ['CERTIFICATE'], null],
    ['headers', block('CERTIFICATE', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: x\n\nQUJD\n'), ['CERTIFICATE'], null],
    ['headers and no blank line', block('CERTIFICATE', 'a: b\nQUJD\n'), ['CERTIFICATE'], null],
    ['a type in small letters', block('certificate'), ['certificate'], null],
    ['a type of several words', block('EC PARAMETERS') + whole, ['EC PARAMETERS', 'CERTIFICATE'], null],
    ['no type', '-----BEGIN -----\nQUJD\n-----END -----\n', [''], null],
    ['empty', '', [], null],
    ['other text', 'hello\n', [], null],
    ['a byte order mark', `\xef\xbb\xbf${whole}`, [], 'skipped'],
    ['a byte order mark before two blocks', `\xef\xbb\xbf${whole}${whole}`, ['CERTIFICATE'], 'skipped'],
    ['a blank before BEGIN', ` ${whole}`, [], 'skipped'],
    ['a tab before BEGIN', `\t${whole}`, [], 'skipped'],
    ['text before BEGIN', `cert: ${whole}`, [], 'skipped'],
    ['text after END', whole.replace(/\n$/, ' # mine\n'), [], 'skipped'],
    ['a blank before END', whole.replace('\n-----END', '\n -----END'), [], 'open'],
    ['END on the line of the base64', whole.replace('\n-----END', '-----END'), [], 'open'],
    ['two blocks glued together', whole.trimEnd() + whole, [], 'skipped'],
    ['glued, and a third', whole.trimEnd() + whole + whole, ['CERTIFICATE'], 'skipped'],
    ['all of it indented', whole.replace(/^/gm, '  '), [], null],
    ['another type at END', block('CERTIFICATE', 'QUJD\n', 'KEY'), [], 'skipped'],
    ['another type at END, then a whole one', block('CERTIFICATE', 'QUJD\n', 'X') + whole, ['CERTIFICATE'], 'skipped'],
    ['four dashes', whole.replace('-----BEGIN', '----BEGIN'), [], 'skipped'],
    ['four dashes after the type', whole.replace('-----\n', '----\n'), [], 'skipped'],
    ['padding lost', block('CERTIFICATE', 'QUI\n'), [], 'skipped'],
    ['padding too much', block('CERTIFICATE', 'QUJD=\n'), [], 'skipped'],
    ['a character that is not base64', block('CERTIFICATE', 'QU-D\n'), [], 'skipped'],
    ['only carriage returns', whole.replaceAll('\n', '\r'), [], 'open'],
    ['BEGIN alone', '-----BEGIN CERTIFICATE-----\nQUJD\n', [], 'open'],
    ['END alone', 'QUJD\n-----END CERTIFICATE-----\n', [], 'skipped'],
    ['cut, and written once more', `-----BEGIN CERTIFICATE-----\nQU\n${whole}`, ['CERTIFICATE'], 'open'],
    ['whole, and one cut', `${whole}-----BEGIN CERTIFICATE-----\nQU`, ['CERTIFICATE'], 'open'],
  ];
  for (const [what, text, types, damage] of forms)
    test(`${what}: ${types.length} blocks, damage: ${damage ?? 'none'}`, () => {
      const pem = readPem(text);
      assert.deepEqual(
        pem.blocks.map(({ type }) => type),
        types,
      );
      assert.equal(pem.damage, damage);
      for (const { der } of pem.blocks) assert.ok(der.length === 0 || der.toString() === 'ABC');
    });
});

describe('certificates are the blocks that Kubernetes reads as certificates', () => {
  const forms: [string, string, number][] = [
    ['CERTIFICATE', whole, 1],
    ['TRUSTED CERTIFICATE, of openssl', block('TRUSTED CERTIFICATE'), 0],
    ['X509 CERTIFICATE, its old name', block('X509 CERTIFICATE'), 0],
    ['CERTIFICATE REQUEST', block('CERTIFICATE REQUEST'), 0],
    ['small letters', block('certificate'), 0],
    ['headers', block('CERTIFICATE', 'a: b\n\nQUJD\n'), 0],
    ['among others', block('EC PARAMETERS') + whole + block('PRIVATE KEY') + whole, 2],
  ];
  for (const [what, text, count] of forms) test(what, () => assert.equal(certificatesIn(readPem(text)).length, count));

  test('each comes back as a block that says the same', () => {
    const long = block('CERTIFICATE', `${Buffer.alloc(100, 1).toString('base64')}\n`);
    const [one, two] = certificateTexts(`# mine\n${long.replaceAll('\n', '\r\n')}${whole}`);
    assert.equal(two, whole);
    assert.deepEqual(readPem(one ?? '').blocks, readPem(long).blocks);
    assert.ok(one?.split('\n').every((line) => line.length <= 64));
    assert.equal(
      certificateTexts(block('CERTIFICATE', `${Buffer.alloc(48, 1).toString('base64')}\n`))[0]?.split('\n').length,
      4,
    );
  });
});

describe('the private key is the first block whose type says so', () => {
  const key = (type: string, body = 'S0VZ\n') => block(type, body);
  const forms: [string, string, string | null][] = [
    ['PRIVATE KEY', key('PRIVATE KEY'), 'KEY'],
    ['RSA PRIVATE KEY', key('RSA PRIVATE KEY'), 'KEY'],
    ['any other word', key('ANY PRIVATE KEY'), 'KEY'],
    ['no blank before it', key('XPRIVATE KEY'), null],
    ['a public key', key('PUBLIC KEY'), null],
    ['parameters before it', block('EC PARAMETERS') + key('EC PRIVATE KEY'), 'KEY'],
    ['a certificate before it', whole + key('PRIVATE KEY'), 'KEY'],
    ['two of them', key('PRIVATE KEY', 'QUJD\n') + key('PRIVATE KEY'), 'ABC'],
    ['one skipped before it', `\ufeff${key('PRIVATE KEY', 'QUJD\n')}${key('PRIVATE KEY')}`, 'KEY'],
    ['a byte order mark', `\ufeff${key('PRIVATE KEY')}`, null],
  ];
  for (const [what, text, wanted] of forms)
    test(what, () => {
      assert.equal(privateKeyIn(readPem(text))?.toString() ?? null, wanted);
      assert.equal(privateKeyText(text) === null, wanted === null);
    });
});

describe('base64 is Go’s StdEncoding', () => {
  const forms: [string, string | null][] = [
    ['', ''],
    ['QUJD', 'ABC'],
    ['QUI=', 'AB'],
    ['QQ==', 'A'],
    ['QR==', 'A'],
    ['QU\r\nJD\n', 'ABC'],
    ['QQ=\n=', 'A'],
    ['QQ', null],
    ['QQ=', null],
    ['QQ===', null],
    ['QUJD=', null],
    ['QUJD====', null],
    ['QQ==QUJD', null],
    ['QU JD', null],
    ['QUJD\t', null],
    ['-_-_', null],
    ['=', null],
    ['====', null],
  ];
  for (const [text, wanted] of forms)
    test(JSON.stringify(text), () => assert.equal(decodeBase64(text)?.toString() ?? null, wanted));
});
