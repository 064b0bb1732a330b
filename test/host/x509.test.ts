import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { isSignedBy, parseCertificate, publicKeyOfPrivate } from '../../src/host/x509.ts';
import { selfSigned } from '../support/self-signed.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-x509-'));
after(() => rm(directory, { recursive: true }));
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const read = (name: string) => readFile(join(directory, name), 'utf8');

const makeCa = (name: string) =>
  selfSigned(directory, { key: `${name}.key`, certificate: `${name}.crt`, commonName: 'kubernetes', days: 3650 });
makeCa('ca');
makeCa('impostor');
openssl(
  'req',
  '-x509',
  '-newkey',
  'rsa:2048',
  '-nodes',
  '-keyout',
  'leaf.key',
  '-out',
  'leaf.crt',
  '-days',
  '365',
  '-CA',
  'ca.crt',
  '-CAkey',
  'ca.key',
  '-subj',
  '/O=system:masters/O=second/CN=kubernetes-admin',
  '-addext',
  'subjectAltName=DNS:kubernetes.default,IP:10.96.0.1,IP:fd00::1,DNS:node',
  '-addext',
  'extendedKeyUsage=serverAuth,clientAuth',
  '-addext',
  'basicConstraints=CA:FALSE',
);

test('a certificate is read as openssl reads it', async () => {
  const certificate = parseCertificate(await read('leaf.crt'));
  const shown = openssl('x509', '-in', 'leaf.crt', '-noout', '-serial', '-enddate', '-fingerprint', '-sha256');
  assert.equal(certificate.serial, shown.match(/serial=(\w+)/)?.[1]);
  assert.equal(certificate.notAfter, Date.parse(shown.match(/notAfter=(.*)/)?.[1] ?? ''));
  assert.equal(
    certificate.fingerprint,
    shown
      .match(/ingerprint=(.*)/)?.[1]
      ?.replaceAll(':', '')
      .toLowerCase(),
  );
  assert.equal(certificate.subject, 'O=system:masters, O=second, CN=kubernetes-admin');
  assert.equal(certificate.commonName, 'kubernetes-admin');
  assert.deepEqual(certificate.organizations, ['system:masters', 'second']);
  assert.equal(certificate.issuer, 'CN=kubernetes');
  assert.deepEqual(certificate.sans, ['DNS:kubernetes.default', 'DNS:node', 'IP:10.96.0.1', 'IP:FD00:0:0:0:0:0:0:1']);
  assert.deepEqual(certificate.usages, ['clientAuth', 'serverAuth']);
  assert.equal(certificate.keyType, 'RSA 2048');
  assert.equal(certificate.isCa, false);
  assert.equal(parseCertificate(await read('ca.crt')).isCa, true);
  assert.equal(parseCertificate(await read('ca.crt')).keyType, 'EC P-256');
});

test('a key belongs to its certificate and to no other', async () => {
  assert.equal(publicKeyOfPrivate(await read('leaf.key')), parseCertificate(await read('leaf.crt')).publicKey);
  assert.notEqual(publicKeyOfPrivate(await read('ca.key')), parseCertificate(await read('leaf.crt')).publicKey);
});

test('a certificate is signed by its CA, not by another of the same name', async () => {
  assert.equal(isSignedBy(await read('leaf.crt'), await read('ca.crt')), true);
  assert.equal(isSignedBy(await read('leaf.crt'), await read('impostor.crt')), false);
  assert.equal(isSignedBy(await read('leaf.crt'), 'garbage'), false);
});

const issue = (name: string, key: string[], subject: string) =>
  openssl('req', '-x509', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', subject);
const EC = (curve: string) => ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`];

// Go's pkix.Name gives the same user and groups.
test('the user is the last CN, and the groups are all O values, several in one RDN included', async () => {
  issue('names', EC('P-256'), '/CN=first/O=a+O=b/O=c, d/OU=no/CN=la\\+st\\\\x');
  const certificate = parseCertificate(await read('names.crt'));
  assert.equal(certificate.commonName, 'la+st\\x');
  assert.deepEqual(certificate.organizations, ['a', 'b', 'c, d']);
  assert.equal(certificate.subject, 'CN=first, O=a + O=b, O=c\\, d, OU=no, CN=la\\+st\\\\x');
});

test('control characters in a name stay escaped', async () => {
  issue('steers', EC('P-256'), '/CN=a\x1b[31m/O=x');
  const { commonName, subject } = parseCertificate(await read('steers.crt'));
  assert.equal(commonName, 'a\\1B[31m');
  assert.doesNotMatch(subject, /\p{Cc}/u);
});

describe('keys of each kind belong to their certificates, as openssl writes both', () => {
  const kinds: [string, string[]][] = [
    ['RSA 1024', ['-newkey', 'rsa:1024']],
    ['RSA 2047', ['-newkey', 'rsa:2047']],
    ['RSA 3072', ['-newkey', 'rsa:3072']],
    ['EC P-256', EC('P-256')],
    ['EC P-384', EC('P-384')],
    ['EC P-521', EC('P-521')],
    ['EC secp224r1', EC('P-224')],
    ['EC secp256k1', EC('secp256k1')],
    ['Ed25519', ['-newkey', 'ed25519']],
    ['EC P-256', [...EC('P-256'), '-pkeyopt', 'ec_param_enc:explicit']],
  ];
  for (const [keyType, options] of kinds)
    test(keyType, async () => {
      issue('kind', options, '/CN=x');
      const pem = await read('kind.crt');
      const certificate = parseCertificate(pem);
      const { publicKey } = new X509Certificate(pem);
      const spki = publicKey.export({ type: 'spki', format: 'der' });
      assert.equal(certificate.keyType, keyType);
      assert.equal(certificate.publicKey, createHash('sha256').update(spki).digest('hex'));
      assert.equal(publicKeyOfPrivate(await read('kind.key')), certificate.publicKey);
    });

  test('whatever the type of the PEM block says, and in each form', async () => {
    issue('form', EC('P-256'), '/CN=x');
    const { publicKey } = parseCertificate(await read('form.crt'));
    const sec1 = openssl('ec', '-in', 'form.key');
    for (const pem of [
      sec1,
      sec1.replaceAll('EC PRIVATE', 'RSA PRIVATE'),
      sec1.replaceAll('EC PRIVATE', 'ANY PRIVATE'),
    ])
      assert.equal(publicKeyOfPrivate(pem), publicKey);
    for (const curve of ['ed448', 'rsa-pss']) {
      issue('other', ['-newkey', curve], '/CN=x');
      const key = await read('other.key');
      assert.throws(() => publicKeyOfPrivate(key), { code: 'BAD_KEY' });
    }
  });
});

test('data after the certificate is refused, as Go does', async () => {
  const { raw } = new X509Certificate(await read('leaf.crt'));
  assert.equal(parseCertificate(raw).commonName, 'kubernetes-admin');
  assert.throws(() => parseCertificate(Buffer.concat([raw, Buffer.from([0])])), { code: 'BAD_CERTIFICATE' });
});

test('no bytes make it crash, and no error quotes a key', async () => {
  const pem = await read('leaf.key');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      ),
      (input) => {
        assert.throws(() => parseCertificate(input), { code: 'BAD_CERTIFICATE' });
      },
    ),
    { numRuns: 200, seed: 1 },
  );
  const damaged = `${pem.slice(0, 200)}!!${pem.slice(204)}`;
  try {
    publicKeyOfPrivate(damaged);
    assert.fail('a damaged key was taken');
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'BAD_KEY');
    assert.ok(!JSON.stringify([String(error), (error as Error).cause ?? '']).includes(pem.slice(60, 90)));
  }
});
