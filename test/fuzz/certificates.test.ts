import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { certificatesIn, certificateTexts, privateKeyText, readPem } from '../../src/host/pem.ts';
import { isSignedBy, parseCertificate, publicKeyOfPrivate } from '../../src/host/x509.ts';
import { mutatedBytes, mutatedText } from './mutate.ts';
import { derOf, samples } from './samples.ts';
import { fuzz, refusal } from './support.ts';

const STEERS = /\p{Cc}/u;

test('DER of changed certificates is a certificate or BAD_CERTIFICATE', async (t) => {
  const { ca, leaves } = await samples();
  await fuzz(t, 800, mutatedBytes([ca, ...leaves].map(derOf)), (der) => {
    const refused = refusal(() => {
      const found = parseCertificate(der);
      assert.ok(Number.isFinite(found.notBefore) && Number.isFinite(found.notAfter));
      assert.doesNotMatch(JSON.stringify([found.subject, found.issuer, found.sans]), STEERS);
    });
    assert.ok(refused === null || refused.code === 'BAD_CERTIFICATE');
    assert.equal(typeof isSignedBy(der, ca.certificatePem), 'boolean');
    assert.equal(typeof isSignedBy(leaves[0]!.certificatePem, der), 'boolean');
  });
});

test('changed PEM texts are split and read, or refused', async (t) => {
  const { ca, leaves } = await samples();
  const texts = leaves.flatMap(({ certificatePem, keyPem }) => [
    certificatePem,
    certificatePem + ca.certificatePem,
    certificatePem + keyPem,
  ]);
  await fuzz(t, 500, mutatedText(texts), (text) => {
    const [certificates, key] = [certificateTexts(text), privateKeyText(text)];
    assert.equal(certificatesIn(readPem(text)).length, certificates.length);
    for (const pem of certificates) {
      const refused = refusal(() => parseCertificate(pem));
      assert.ok(refused === null || refused.code === 'BAD_CERTIFICATE');
    }
    for (const pem of key === null ? [] : [key]) {
      const refused = refusal(() => publicKeyOfPrivate(pem));
      assert.ok(refused === null || refused.code === 'BAD_KEY');
    }
    if (certificates.length > 0) assert.equal(typeof isSignedBy(certificates[0]!, ca.certificatePem), 'boolean');
  });
});

test('a changed key is never quoted in the error', async (t) => {
  const { leaves } = await samples();
  await fuzz(t, 500, mutatedText(leaves.map(({ keyPem }) => keyPem)), (pem) => {
    const refused = refusal(() => publicKeyOfPrivate(pem));
    if (refused === null) return;
    assert.equal(refused.code, 'BAD_KEY');
    assert.equal(refused.message, 'is not a private key that Kubernetes can read');
    assert.equal(refused.cause, undefined);
  });
});

test('any text is split without loss of what is whole', async (t) => {
  const { leaves } = await samples();
  const whole = leaves[0]!.certificatePem.trim();
  const noise = fc.string({ unit: 'binary', maxLength: 200 }).filter((text) => !text.includes('-----'));
  await fuzz(t, 500, fc.tuple(noise, noise), ([before, after]) => {
    const pem = readPem(`${before}\n${whole}\n${after}`);
    assert.deepEqual([pem.blocks, pem.damage], [readPem(whole).blocks, null]);
  });
});
