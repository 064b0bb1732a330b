import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FindingReason } from '../../src/domain/model/inventory.ts';
import { Root } from '../../src/host/root.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import type { Source } from '../../src/observe/source.ts';
import { base64, cut, kubeconfig, me, pair, pem } from './parts.ts';
import { directoryFor, put } from './support.ts';

const garbage = '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n';

type Broken = {
  what: string;
  make: (root: string) => void;
  format?: Source['format'];
  reason: FindingReason;
  detail: RegExp;
  /** Certificates that are reported nevertheless. */
  still?: number;
};

const BROKEN: Broken[] = [
  { what: 'nothing there', make: () => {}, reason: 'missing', detail: /does not exist/ },
  { what: 'an empty file', make: (root) => put(root, 'it', ''), reason: 'empty', detail: /empty/ },
  { what: 'half a certificate', make: (root) => put(root, 'it', cut), reason: 'half-written', detail: /within/ },
  {
    what: 'a chain cut in its second certificate',
    make: (root) => put(root, 'it', pair.certificatePem + cut),
    reason: 'half-written',
    detail: /within/,
    still: 1,
  },
  {
    what: 'a certificate cut and another written after it',
    make: (root) => put(root, 'it', `${cut}\n${pair.certificatePem}`),
    reason: 'half-written',
    detail: /within/,
    still: 1,
  },
  {
    what: 'binary data',
    make: (root) => put(root, 'it', Buffer.from([0x30, 0x82, 0x00, 0x01])),
    reason: 'binary',
    detail: /binary/,
  },
  { what: 'some other text', make: (root) => put(root, 'it', 'hello\n'), reason: 'no-certificate', detail: /no PEM/ },
  { what: 'a key alone', make: (root) => put(root, 'it', pair.keyPem), reason: 'no-certificate', detail: /no PEM/ },
  {
    what: 'a PEM block that is not a certificate',
    make: (root) => put(root, 'it', garbage),
    reason: 'bad-certificate',
    detail: /certificate 1/,
  },
  {
    what: 'a chain with one bad certificate',
    make: (root) => put(root, 'it', pair.certificatePem + garbage),
    reason: 'bad-certificate',
    detail: /certificate 2/,
    still: 1,
  },
  {
    what: '100 MB',
    make: (root) => {
      put(root, 'it', '');
      truncateSync(join(root, 'it'), 100 * 1024 * 1024);
    },
    reason: 'too-large',
    detail: /1 MiB/,
  },
  { what: 'a directory', make: (root) => mkdirSync(join(root, 'it')), reason: 'not-a-file', detail: /not a regular/ },
  {
    what: 'a FIFO that nobody writes to',
    make: (root) => execFileSync('mkfifo', [join(root, 'it')]),
    reason: 'not-a-file',
    detail: /not a regular/,
  },
  {
    what: 'a link to itself',
    make: (root) => symlinkSync('it', join(root, 'it')),
    reason: 'not-a-file',
    detail: /not a regular/,
  },
  {
    what: 'a kubeconfig that is not YAML',
    make: (root) => put(root, 'it', 'kind: Config\nusers: [\n'),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /YAML at line/,
  },
  {
    what: 'a kubeconfig that is something else',
    make: (root) => put(root, 'it', 'kind: Pod\n'),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /kind: Config/,
  },
  {
    what: 'a kubeconfig that is nested beyond reason',
    make: (root) => put(root, 'it', `kind: Config\nusers: ${'['.repeat(200_000)}`),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /./,
  },
  {
    what: 'a kubeconfig cut before its users',
    make: (root) => put(root, 'it', kubeconfig('')),
    format: 'kubeconfig',
    reason: 'bad-kubeconfig',
    detail: /no user/,
    still: 1,
  },
  {
    what: 'a kubeconfig with half a certificate',
    make: (root) => put(root, 'it', kubeconfig(me(cut))),
    format: 'kubeconfig',
    reason: 'half-written',
    detail: /user "me" stops within/,
    still: 1,
  },
  {
    what: 'a listener secret cut in two',
    make: (root) => put(root, 'it', `{"data":{"tls.crt":"${base64(pair.certificatePem).slice(0, 90)}`),
    format: 'dynamic-cert',
    reason: 'half-written',
    detail: /JSON/,
  },
  {
    what: 'a listener secret that is not JSON',
    make: (root) => put(root, 'it', 'garbage }'),
    format: 'dynamic-cert',
    reason: 'no-certificate',
    detail: /not valid JSON/,
  },
  {
    what: 'a listener secret without data',
    make: (root) => put(root, 'it', '{"kind":"Secret"}'),
    format: 'dynamic-cert',
    reason: 'no-certificate',
    detail: /no PEM/,
  },
];

for (const { what, make, format = 'pem', reason, detail, still = 0 } of BROKEN) {
  test(`${what} is reported as ${reason}, soon and without its content`, async (t) => {
    const root = directoryFor(t);
    make(root);
    const [read] = await readSources(new Root(root), [pem({ format })]);
    assert.equal(read?.finding?.reason, reason);
    assert.match(read.finding.detail, detail);
    assert.deepEqual([read.finding.path, read.finding.id, read.finding.owner], ['/it', 'it', 'operator']);
    assert.equal(read.certificates.length, still);
  });
}

test('a file that may not be read is reported as permission', {
  skip: process.getuid?.() === 0 && 'root may read everything',
}, async (t) => {
  const root = directoryFor(t);
  put(root, 'it', pair.certificatePem);
  chmodSync(join(root, 'it'), 0);
  const [read] = await readSources(new Root(root), [pem()]);
  assert.equal(read?.finding?.reason, 'permission');
});

test('an optional file may be missing, and is reported when it is broken', async (t) => {
  const root = directoryFor(t);
  const [missing] = await readSources(new Root(root), [pem({ presence: 'optional' })]);
  assert.equal(missing?.finding, null);
  put(root, 'it', '');
  const [empty] = await readSources(new Root(root), [pem({ presence: 'optional' })]);
  assert.equal(empty?.finding?.reason, 'empty');
});

test('under a root prefix absolute links start at the root, and none leads out of it', async (t) => {
  const outside = directoryFor(t);
  const root = directoryFor(t);
  writeFileSync(join(outside, 'secret.crt'), pair.certificatePem);
  put(root, 'pki/real.crt', pair.certificatePem);
  symlinkSync('/pki/real.crt', join(root, 'inside'));
  symlinkSync(join(outside, 'secret.crt'), join(root, 'outside'));
  symlinkSync(`${'../'.repeat(20)}${outside}/secret.crt`, join(root, 'upwards'));
  const reads = await readSources(
    new Root(root),
    ['/inside', '/outside', '/upwards'].map((path) => pem({ path })),
  );
  assert.deepEqual(
    reads.map(({ finding }) => finding?.reason ?? 'read'),
    ['read', 'missing', 'missing'],
  );
});
