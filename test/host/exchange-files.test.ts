import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readAnswers } from '../../src/host/exchange-files.ts';
import { selfSigned } from '../support/self-signed.ts';

const WORK = mkdtempSync(join(tmpdir(), 'certagent-answers-'));
after(() => rmSync(WORK, { recursive: true, force: true }));
const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: WORK, stdio: 'pipe' });
selfSigned(WORK, { key: 'key', certificate: 'pem', commonName: 'a', days: 30 });
openssl('x509', '-in', 'pem', '-outform', 'DER', '-out', 'der');
openssl('crl2pkcs7', '-nocrl', '-certfile', 'pem', '-out', 'p7b');
openssl('crl2pkcs7', '-nocrl', '-certfile', 'pem', '-outform', 'DER', '-out', 'p7c');
openssl('x509', '-in', 'pem', '-trustout', '-out', 'trusted');
const bytes = (name: string) => readFileSync(join(WORK, name));
const PEM = bytes('pem').toString();

/** `why` null: the certificate is taken, as it is. */
const FILES: [what: string, content: string | Buffer, why: RegExp | null][] = [
  ['PEM', PEM, null],
  ['lines that end as in Windows', PEM.replaceAll('\n', '\r\n'), null],
  ['a byte order mark', `\ufeff${PEM}`, null],
  ['text around it', `subject=CN = a\n\n${PEM}\nthe end\n`, null],
  ['no end of its last line', PEM.trimEnd(), null],
  ['its key in the same file', `${bytes('key')}${PEM}`, null],
  ['UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(PEM, 'utf16le')]), /is UTF-16 text/],
  ['DER', bytes('der'), /binary data \(DER\).* openssl x509 -inform DER/],
  ['PKCS #7', bytes('p7b'), /holds PKCS #7.* openssl pkcs7 -print_certs/],
  ['PKCS #7 in DER', bytes('p7c'), /binary data \(DER\).* openssl pkcs7 -inform DER/],
  ["a certificate with OpenSSL's trust", bytes('trusted'), /for OpenSSL alone: openssl x509 -in/],
  ['nothing', '', /holds no certificate \(PEM\)/],
  ['half of it', PEM.slice(0, 200), /not complete/],
  ['a key', bytes('key'), /holds a private key and no certificate/],
];

for (const [what, content, why] of FILES)
  test(`an answer with ${what}`, async () => {
    const path = join(WORK, 'answer');
    writeFileSync(path, content);
    const [file] = await readAnswers([path]);
    if (why === null) assert.equal(file !== undefined && 'text' in file ? file.text.trim() : file, PEM.trim());
    else assert.match(file !== undefined && 'refused' in file ? file.refused : '', why);
  });

test('a directory by the name of a link to it; a link inside of one is not followed', async () => {
  const [directory, link] = [join(WORK, 'd'), join(WORK, 'link')];
  mkdirSync(directory);
  symlinkSync(directory, link);
  writeFileSync(join(directory, 'a.pem'), PEM);
  assert.deepEqual(
    (await readAnswers([link])).map(({ name }) => name),
    [join(link, 'a.pem')],
  );
  symlinkSync('/etc/shadow', join(directory, 'b.pem'));
  assert.deepEqual((await readAnswers([directory])).at(-1), {
    name: join(directory, 'b.pem'),
    refused: 'is a symbolic link: name the file itself',
  });
  const dangling = join(WORK, 'dangling');
  symlinkSync('/nowhere', dangling);
  assert.deepEqual(await readAnswers([dangling]), [{ name: dangling, refused: 'does not exist' }]);
});

test('a flood of files does not fill the memory', async () => {
  const directory = join(WORK, 'flood');
  mkdirSync(directory);
  const much = PEM.repeat(Math.floor((900 * 1024) / PEM.length));
  for (let index = 0; index < 20; index += 1) writeFileSync(join(directory, `${index}.pem`), much);
  const read = await readAnswers([directory]);
  assert.equal(read.filter((file) => 'text' in file).length, 2);
  assert.match(read.flatMap((file) => ('refused' in file ? [file.refused] : []))[0] ?? '', /more than 2 MiB/);
  for (let index = 0; index < 201; index += 1) writeFileSync(join(directory, `more-${index}`), '');
  assert.match(JSON.stringify(await readAnswers([directory])), /holds more than 200 files/);
});
