import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Expectation } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { parseCertificate } from '../../../src/host/x509.ts';
import { checkPair, checkRenewed } from '../../../src/renew/verify/check-renewed.ts';
import { type CertificateRequest, type Issued, issueAuthority, issueCertificate } from '../../../testnode/pki.ts';

const NOW = Date.UTC(2026, 10, 24);
const times = { notBefore: NOW - 365 * DAY, notAfter: NOW + 3650 * DAY };

describe('checkRenewed', () => {
  let directory: string;
  let root: Root;
  let ca: Issued;
  let otherCa: Issued;
  let old: Issued;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'certagent-verify-'));
    root = new Root(directory);
    ca = await issueAuthority({ commonName: 'kubernetes', ...times });
    otherCa = await issueAuthority({ commonName: 'kubernetes', ...times });
    old = await issue({ notAfter: NOW + 20 * DAY });
    await writeFile(root.at('/ca.crt'), ca.certificatePem);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  const issue = (change: Partial<CertificateRequest> = {}): Promise<Issued> =>
    issueCertificate({
      ca,
      subject: { commonName: 'kube-apiserver' },
      sans: ['kubernetes', '10.96.0.1'],
      usages: ['server', 'client'],
      notBefore: NOW - 365 * DAY,
      notAfter: NOW + 365 * DAY,
      ...change,
    });
  const expect = (path: string, keyPath: string): Expectation => ({
    id: 'apiserver',
    path,
    keyPath,
    caPath: '/ca.crt',
    old: parseCertificate(old.certificatePem),
  });
  const put = async (certificatePem: string, keyPem: string): Promise<Expectation> => {
    await writeFile(root.at('/x.crt'), certificatePem);
    await writeFile(root.at('/x.key'), keyPem);
    return expect('/x.crt', '/x.key');
  };

  it('accepts a certificate that covers the previous one and expires later, with more names too', async () => {
    const { certificatePem, keyPem } = await issue({ sans: ['kubernetes', '10.96.0.1', 'new.example'] });
    const renewed = await checkRenewed(root, await put(certificatePem, keyPem));
    assert.equal(renewed.notAfter, NOW + 365 * DAY);
  });

  it('reads the leaf of dynamic-cert.json and of a kubeconfig, embedded or by reference', async () => {
    const { certificatePem, keyPem } = await issue();
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const secret = { kind: 'Secret', data: { 'tls.crt': base64(certificatePem), 'tls.key': base64(keyPem) } };
    await put(certificatePem, keyPem);
    const kubeconfig = (user: string) =>
      `apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {server: "https://x"}\ncontexts:\n- name: d\n  context: {cluster: c, user: u}\ncurrent-context: d\nusers:\n- name: u\n  user: {${user}}\n`;
    const embedded = `client-certificate-data: ${base64(certificatePem)}, client-key-data: ${base64(keyPem)}`;
    const files: Record<string, string> = {
      '/dynamic-cert.json': JSON.stringify(secret),
      '/embedded.conf': kubeconfig(embedded),
      '/referring.kubeconfig': kubeconfig('client-certificate: /x.crt, client-key: /x.key'),
    };
    for (const [path, content] of Object.entries(files)) {
      await writeFile(root.at(path), content);
      assert.equal((await checkRenewed(root, expect(path, path))).notAfter, NOW + 365 * DAY, path);
    }
  });

  const refused: { code: string; what: string; files: () => Promise<[string, string]> }[] = [
    { code: 'NOT_RENEWED', what: 'the old one still', files: async () => [old.certificatePem, old.keyPem] },
    {
      code: 'NOT_RENEWED',
      what: 'another one that does not expire later',
      files: async () => pairOf(await issue({ notAfter: NOW + 20 * DAY })),
    },
    {
      code: 'KEY_MISMATCH',
      what: 'a new key beside the old certificate',
      files: async () => [old.certificatePem, (await issue()).keyPem],
    },
    {
      code: 'NOT_SIGNED',
      what: 'one of another CA of the same name',
      files: async () => pairOf(await issue({ ca: otherCa })),
    },
    {
      code: 'SANS_LOST',
      what: 'one that lost a name',
      files: async () => pairOf(await issue({ sans: ['kubernetes'] })),
    },
    {
      code: 'USAGES_LOST',
      what: 'one that lost a usage',
      files: async () => pairOf(await issue({ usages: ['server'] })),
    },
    {
      code: 'SUBJECT_CHANGED',
      what: 'one for somebody else',
      files: async () => pairOf(await issue({ subject: { commonName: 'kube-apiserver', organizations: ['x'] } })),
    },
    {
      code: 'SUBJECT_CHANGED',
      what: 'one of another name',
      files: async () => pairOf(await issue({ subject: { commonName: 'kube-apiserver-2' } })),
    },
    { code: 'BAD_CERTIFICATE', what: 'an empty certificate', files: async () => ['', old.keyPem] },
    {
      code: 'BAD_CERTIFICATE',
      what: 'half a certificate',
      files: async () => [old.certificatePem.slice(0, 200), old.keyPem],
    },
    { code: 'BAD_KEY', what: 'an empty key', files: async () => [(await issue()).certificatePem, ''] },
    {
      code: 'BAD_KEY',
      what: 'a garbage key',
      files: async () => [
        (await issue()).certificatePem,
        '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n',
      ],
    },
  ];
  for (const { code, what, files } of refused) {
    it(`refuses ${what}: ${code}`, async () => {
      const [certificatePem, keyPem] = await files();
      const at = await put(certificatePem, keyPem);
      await assert.rejects(checkRenewed(root, at), (error: { code: string; message: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, /\/x\.(crt|key)/);
        assert.doesNotMatch(error.message, /c2VjcmV0|BEGIN/);
        return true;
      });
    });
  }

  it('calls an expired pair sound, and a torn one not', async () => {
    await checkPair(root, await put(old.certificatePem, old.keyPem));
    await assert.rejects(checkPair(root, await put(old.certificatePem, (await issue()).keyPem)), {
      code: 'KEY_MISMATCH',
    });
  });
});

function pairOf({ certificatePem, keyPem }: Issued): [string, string] {
  return [certificatePem, keyPem];
}
