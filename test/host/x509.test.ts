import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isSignedBy, parseCertificate, publicKeyOfPrivate, splitPem } from '../../src/host/x509.ts';

const directory = await mkdtemp(join(tmpdir(), 'certagent-x509-'));
after(() => rm(directory, { recursive: true }));
const openssl = (...args: string[]) =>
  execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] }).toString();
const read = (name: string) => readFile(join(directory, name), 'utf8');

const makeCa = (name: string) =>
  openssl(
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.crt`,
    '-days',
    '3650',
    '-subj',
    '/CN=kubernetes',
  );
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

test('a key is told to belong to its certificate and to no other', async () => {
  assert.equal(publicKeyOfPrivate(await read('leaf.key')), parseCertificate(await read('leaf.crt')).publicKey);
  assert.notEqual(publicKeyOfPrivate(await read('ca.key')), parseCertificate(await read('leaf.crt')).publicKey);
});

test('a certificate is signed by its CA, not by another of the same name', async () => {
  assert.equal(isSignedBy(await read('leaf.crt'), await read('ca.crt')), true);
  assert.equal(isSignedBy(await read('leaf.crt'), await read('impostor.crt')), false);
  assert.equal(isSignedBy(await read('leaf.crt'), 'garbage'), false);
});

test('a chain, a bundled key and a block without its end are told apart', async () => {
  const leaf = await read('leaf.crt');
  const whole = splitPem(`comment\n${leaf}${await read('ca.crt')}${await read('leaf.key')}`);
  assert.equal(whole.certificates.length, 2);
  assert.equal(whole.keys.length, 1);
  assert.equal(whole.openBlock, false);
  assert.equal(splitPem(leaf.slice(0, leaf.length / 2)).openBlock, true);
  assert.deepEqual(splitPem(''), { certificates: [], keys: [], openBlock: false });
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
