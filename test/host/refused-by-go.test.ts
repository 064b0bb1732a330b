import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { leadsTo, pathTo } from '../../src/host/chain.ts';
import { whyGoRefuses } from '../../src/host/refused-by-go.ts';
import { isSignedBy } from '../../src/host/x509.ts';
import { makeOddCas, type Odd } from './odd-certificates.ts';

const cas = makeOddCas();
after(() => cas.remove());
const AUTHORITY = 'basicConstraints=critical,CA:TRUE';
const root = cas.root('kubernetes');

// Each is what `openssl verify` accepts or may accept, against what crypto/x509 of Go 1.26 answers.
const ODD: [what: string, odd: Odd, why: RegExp | null][] = [
  ['as usual', {}, null],
  ['SHA-512', { digest: 'sha512' }, null],
  ['SHA-1', { digest: 'sha1' }, /^is signed with ecdsa-with-SHA1: Kubernetes accepts SHA-256/],
  ['SHA-224', { digest: 'sha224' }, /^is signed with ecdsa-with-SHA224/],
  ['a negative serial number', { serial: '-5' }, /negative serial number/],
  ['zero as serial number', { serial: '0' }, null],
  ['a serial number of 26 bytes', { serial: `0x01${'02'.repeat(25)}` }, null],
  ['a critical extension of nobody', { extensions: ['1.2.3.4=critical,DER:0500'] }, /critical extension 1\.2\.3\.4,/],
  ['one that is not critical', { extensions: ['1.2.3.4=DER:0500'] }, null],
  ['critical policies', { extensions: ['certificatePolicies=critical,1.2.3'] }, null],
  ['a critical CRL', { extensions: ['crlDistributionPoints=critical,URI:http://crl.example.org/'] }, null],
  [
    'a critical OCSP no-check',
    { extensions: ['noCheck=critical,ignored'] },
    /critical extension 1\.3\.6\.1\.5\.5\.7\.48\.1\.5/,
  ],
  [
    'a usage without signatures',
    { extensions: ['keyUsage=critical,keyAgreement'] },
    /lacks the key usage digitalSignature/,
  ],
  ['a usage with signatures', { extensions: ['keyUsage=critical,keyEncipherment,digitalSignature'] }, null],
];

for (const [what, odd, why] of ODD)
  test(`a certificate with ${what}`, () => {
    const leaf = root.leaf(odd);
    assert.ok(isSignedBy(leaf, root.pem), 'OpenSSL takes the signature');
    const found = whyGoRefuses([leaf], root.pem);
    if (why === null) assert.equal(found, null);
    else assert.match(found ?? '', why);
  });

test('the name of the CA in other letters is another CA to Go', () => {
  const leaf = root.otherwise('KUBERNETES').leaf();
  assert.match(whyGoRefuses([leaf], root.pem) ?? '', /^writes the name of its CA in other bytes/);
});

test('a chain is found in any order, and only the part that is needed', () => {
  const first = root.below('first', [AUTHORITY]);
  const second = first.below('second', [AUTHORITY]);
  const stranger = cas.root('stranger');
  const leaf = second.leaf();
  assert.deepEqual(pathTo([leaf, stranger.pem, first.pem, root.pem, second.pem], root.pem), [second.pem, first.pem]);
  assert.deepEqual(pathTo([root.leaf(), first.pem], root.pem), []);
  assert.equal(pathTo([leaf, first.pem], root.pem), null, 'a link is missing');
  assert.equal(pathTo([leaf, second.pem, first.pem], stranger.pem), null);
  assert.equal(pathTo([], root.pem), null);
  assert.ok(!leadsTo([leaf, 'nothing'], root.pem));
  assert.ok(leadsTo([leaf, second.pem, first.pem], root.pem));
});

test('a leaf that has signed another one is no CA', () => {
  const notCa = root.below('a leaf', ['basicConstraints=critical,CA:FALSE']);
  assert.equal(pathTo([notCa.leaf(), notCa.pem], root.pem), null);
});

const CONSTRAINTS: [what: string, extensions: string[], why: RegExp | null][] = [
  ['none', [AUTHORITY], null],
  ['the usage', [AUTHORITY, 'extendedKeyUsage=clientAuth,serverAuth'], null],
  ['any usage', [AUTHORITY, 'extendedKeyUsage=anyExtendedKeyUsage'], null],
  [
    'another usage',
    [AUTHORITY, 'extendedKeyUsage=clientAuth'],
    /"CN=issuing"\) that may not issue .* usage 1\.3\.6\.1\.5\.5\.7\.3\.1/,
  ],
  [
    'names',
    [AUTHORITY, 'nameConstraints=critical,permitted;DNS:example.org'],
    /constraints on names, which certagent cannot check/,
  ],
  ['a path of none', [`${AUTHORITY},pathlen:0`], null],
  [
    'an extension of nobody',
    [AUTHORITY, '1.2.3.4=critical,DER:0500'],
    /^comes through a CA \("CN=issuing"\) that has the critical extension/,
  ],
];

for (const [what, extensions, why] of CONSTRAINTS)
  test(`an intermediate CA that is constrained to ${what}`, () => {
    const issuing = root.below('issuing', extensions);
    const found = whyGoRefuses([issuing.leaf(), issuing.pem], root.pem);
    if (why === null) assert.equal(found, null);
    else assert.match(found ?? '', why);
  });

test('a path that is longer than a CA allows', () => {
  const short = cas.root('short', ['basicConstraints=critical,CA:TRUE,pathlen:0']);
  const issuing = short.below('issuing', [AUTHORITY]);
  assert.match(
    whyGoRefuses([issuing.leaf(), issuing.pem], short.pem) ?? '',
    /^comes through 1 intermediate CA below "CN=short", whose path length allows 0$/,
  );
  assert.equal(whyGoRefuses([short.leaf()], short.pem), null);
});
