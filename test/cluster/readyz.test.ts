// Whether a server is ready, from what it answers to /readyz.
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { makeApi } from '../../src/cluster/api/api.ts';
import { readLease } from '../../src/cluster/lease-object.ts';
import { askReadyz } from '../../src/cluster/readyz.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';

const CASES: [what: string, withCredentials: number[], without: number[], ready: boolean][] = [
  ['it is ready', [200], [], true],
  ['it is not', [500], [], false],
  // As a kube-apiserver whose roles are not read yet, to kubeadm's admin.conf: 403, then 500, then 200.
  ['it starts', [403, 500], [403], false],
  ['it starts, and is ready', [403, 200], [403], true],
  ['it starts, and says so to those without credentials', [403], [500], false],
  // Our certificate has expired, or the user may not ask.
  ['the credentials are refused', [401], [200], true],
  ['everybody is refused, again and again', [401, 401, 401, 401], [401, 401, 401, 401], true],
];

for (const [what, withCredentials, without, ready] of CASES)
  test(what, async (t) => {
    const { access, port, asked } = await server(t, [...withCredentials], [...without]);
    assert.equal((await askReadyz(access, '127.0.0.1', port)).ready, ready);
    assert.deepEqual(asked, { withCredentials: withCredentials.length, without: without.length });
  });

test('a server that is gone is not ready', async (t) => {
  const { access } = await server(t, [], []);
  const api = makeApi({ access: async () => ({ ok: true, value: access }), peers: () => [] });
  assert.equal((await readLease(api)).state, 'unreadable');
  assert.equal((await askReadyz(access, '127.0.0.1', 1)).ready, false);
});

/** Answers with these statuses, in order. */
async function server(t: TestContext, withCredentials: number[], without: number[]) {
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 600_000 };
  const ca = await issueAuthority({ commonName: 'kubernetes', ...validity });
  const sans = ['kubernetes.default.svc'];
  const own = await issueCertificate({ ca, subject: { commonName: 'a' }, sans, usages: ['server'], ...validity });
  const asked = { withCredentials: 0, without: 0 };
  const made = createServer({ cert: own.certificatePem, key: own.keyPem }, (request, response) => {
    const who = request.headers.authorization === undefined ? 'without' : 'withCredentials';
    asked[who] += 1;
    response.writeHead((who === 'without' ? without : withCredentials).shift() ?? 418);
    response.end();
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => made.close(resolve)));
  const { port } = made.address() as AddressInfo;
  const url = new URL(`https://127.0.0.1:${port}`);
  const access = { server: url, ca: ca.certificatePem, serverName: null, client: null, token: 'a.b' };
  return { access, port, asked };
}
