import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeAccessReader } from '../../src/cluster/api/access.ts';
import { makeApi } from '../../src/cluster/api/api.ts';
import type { ApiResult } from '../../src/cluster/api/result.ts';
import { Root } from '../../src/host/root.ts';
import type { ApiFaults } from '../../testnode/api/serve.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { adminKubeconfig, apiFor, directoryFor, serverFor } from './support.ts';

const NODES = '/api/v1/nodes';

function kindOf(answer: ApiResult<unknown>): string {
  return answer.ok ? 'ok' : answer.problem.kind;
}

describe('what an API answers is a result, never an exception', () => {
  const cases: [Partial<ApiFaults>, string][] = [
    [{}, 'ok'],
    [{ unauthorized: true }, 'unauthorized'],
    [{ forbidden: ['get nodes'] }, 'forbidden'],
    [{ retryAfter: 7 }, 'throttled'],
    [{ mode: 'broken' }, 'unavailable'],
    [{ mode: 'silent' }, 'timeout'],
    [{ mode: 'slow', delay: 5_000 }, 'timeout'],
    [{ mode: 'cut' }, 'unreachable'],
    [{ mode: 'endless' }, 'nonsense'],
  ];
  for (const [faults, expected] of cases) {
    test(`${JSON.stringify(faults)}: ${expected}`, async (t) => {
      const server = await serverFor(t);
      const api = await apiFor(t, adminKubeconfig(server));
      server.faults(faults);
      const limit = expected === 'timeout' ? 300 : 300_000;
      const answer = await api.get(NODES, { limit });
      assert.equal(kindOf(answer), expected);
      if (expected === 'throttled') assert.equal(!answer.ok && answer.problem.retryAfter, 7_000);
    });
  }

  test('an object that does not exist is missing', async (t) => {
    const api = await apiFor(t, adminKubeconfig(await serverFor(t)));
    assert.equal(kindOf(await api.get(`${NODES}/cp-1`)), 'missing');
  });

  test('a Retry-After that is no number of seconds, or too long, keeps nobody waiting', async (t) => {
    const server = await serverFor(t);
    const api = await apiFor(t, adminKubeconfig(server));
    server.faults({ retryAfter: 86_400 });
    const answer = await api.get(NODES);
    assert.equal(!answer.ok && answer.problem.retryAfter, 300_000);
  });
});

describe('credentials go to the servers of the cluster only', () => {
  test('a server of another CA is not trusted, and gets no token', async (t) => {
    const [ours, foreign] = [await serverFor(t), await serverFor(t)];
    const api = await apiFor(t, adminKubeconfig({ ...ours, url: foreign.url }));
    assert.equal(kindOf(await api.get(NODES)), 'untrusted');
    assert.deepEqual(foreign.seen, []);
  });

  test('a server of the right CA with another name is not trusted', async (t) => {
    const server = await serverFor(t);
    const other = await issueCertificate({
      ca: server.ca,
      subject: { commonName: 'system:node:worker-1' },
      sans: ['127.0.0.2'],
      usages: ['server'],
      notBefore: Date.now() - 60_000,
      notAfter: Date.now() + 60_000,
    });
    const { createServer: createTls } = await import('node:https');
    let asked = 0;
    const kubelet = createTls({ cert: other.certificatePem, key: other.keyPem }, (_request, response) => {
      asked += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.2', resolve));
    t.after(() => kubelet.close());
    const { port } = kubelet.address() as { port: number };
    // Its name is its address: enough where a kubeconfig says so, and not for a peer that an object of the API names.
    const gone = 'https://127.0.0.1:1';
    const asPeer = await apiFor(t, adminKubeconfig({ ...server, url: gone }), [`https://127.0.0.2:${port}`]);
    assert.equal(kindOf(await asPeer.get(NODES)), 'unreachable');
    assert.equal(asked, 0);
  });

  test('an expired certificate of the server is told from a foreign one', async (t) => {
    const server = await serverFor(t, { notAfter: Date.now() - 60_000 });
    const api = await apiFor(t, adminKubeconfig(server));
    assert.equal(kindOf(await api.get(NODES)), 'expired');
  });

  test('messages hold no credential', async (t) => {
    const server = await serverFor(t);
    const secret = 'verysecrettoken';
    const text = adminKubeconfig({ ...server, url: 'https://127.0.0.1:1' }).replace(
      /client-certificate-data: .*\n\s*client-key-data: .*/,
      `token: ${secret}`,
    );
    const answer = await (await apiFor(t, text)).get(NODES);
    assert.equal(kindOf(answer), 'unreachable');
    assert.ok(!JSON.stringify(answer).includes(secret));
  });
});

describe('the kubeconfig', () => {
  test('a token is enough', async (t) => {
    const server = await serverFor(t, { token: 'abc.def' });
    const text = adminKubeconfig(server).replace(
      /client-certificate-data: .*\n\s*client-key-data: .*/,
      'token: abc.def',
    );
    assert.equal(kindOf(await (await apiFor(t, text)).get(NODES)), 'ok');
  });

  test('files that it names are read, relative to it', async (t) => {
    const server = await serverFor(t);
    const directory = await directoryFor(t);
    await mkdir(join(directory, 'etc/pki'), { recursive: true });
    await writeFile(join(directory, 'etc/pki/ca.crt'), server.ca.certificatePem);
    await writeFile(join(directory, 'etc/pki/a.crt'), server.admin.certificatePem);
    await writeFile(join(directory, 'etc/pki/a.key'), server.admin.keyPem);
    const text = adminKubeconfig(server)
      .replace(/certificate-authority-data: .*/, 'certificate-authority: pki/ca.crt')
      .replace(/client-certificate-data: .*/, 'client-certificate: /etc/pki/a.crt')
      .replace(/client-key-data: .*/, 'client-key: pki/a.key');
    await writeFile(join(directory, 'etc/admin.conf'), text);
    const access = makeAccessReader(new Root(directory), '/etc/admin.conf');
    assert.equal(kindOf(await makeApi({ access, peers: () => [] }).get(NODES)), 'ok');
  });

  test('it is read again when it has changed', async (t) => {
    const [old, next] = [await serverFor(t), await serverFor(t)];
    const directory = await directoryFor(t);
    const path = join(directory, 'admin.conf');
    const access = makeAccessReader(new Root(directory), '/admin.conf');
    const api = makeApi({ access, peers: () => [] });
    assert.equal(kindOf(await api.get(NODES)), 'credentials');
    await writeFile(path, adminKubeconfig(old));
    assert.equal(kindOf(await api.get(NODES)), 'ok');
    await writeFile(path, adminKubeconfig(next));
    assert.equal(kindOf(await api.get(NODES)), 'ok');
    assert.deepEqual([old.seen.length, next.seen.length], [1, 1]);
  });

  for (const [what, change] of [
    ['no CA', (text: string) => text.replace(/certificate-authority-data: .*/, 'insecure-skip-tls-verify: true')],
    ['http', (text: string) => text.replace('https://', 'http://')],
    ['no credentials', (text: string) => text.replace(/client-key-data: .*/, '')],
    ['not YAML', () => '\0'],
    ['no context', (text: string) => text.replace(/current-context: .*/, '')],
  ] as const) {
    test(`${what}: nothing is asked`, async (t) => {
      const server = await serverFor(t);
      const api = await apiFor(t, change(adminKubeconfig(server)));
      assert.equal(kindOf(await api.get(NODES)), 'credentials');
      assert.deepEqual(server.seen, []);
    });
  }
});

describe('while the own server is away', () => {
  test('a peer answers', async (t) => {
    const peer = await serverFor(t, { names: [] });
    const api = await apiFor(t, adminKubeconfig({ ...peer, url: await closedPort() }), [peer.url]);
    assert.equal(kindOf(await api.get(NODES)), 'ok');
  });

  test('a server that only takes connections costs one time limit, not one for each question', async (t) => {
    const peer = await serverFor(t, { names: [] });
    const deaf = createServer(() => {});
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    const sockets = new Set<{ destroy(): void }>();
    deaf.on('connection', (socket) => sockets.add(socket));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      deaf.close();
    });
    const { port } = deaf.address() as { port: number };
    const api = await apiFor(t, adminKubeconfig({ ...peer, url: `https://127.0.0.1:${port}` }), [peer.url]);
    assert.equal(kindOf(await api.get(NODES, { limit: 1_500 })), 'ok');
    assert.equal(kindOf(await api.get(NODES, { limit: 1_500 })), 'ok');
    assert.equal(sockets.size, 1);
  });

  test('what the API refuses is refused by all: no other is asked', async (t) => {
    const own = await serverFor(t);
    const peer = await serverFor(t, { ca: own.ca });
    own.faults({ unauthorized: true });
    const api = await apiFor(t, adminKubeconfig(own), [peer.url]);
    assert.equal(kindOf(await api.get(NODES)), 'unauthorized');
    assert.deepEqual(peer.seen, []);
  });

  test('one that starts forbids everything: another one knows better', async (t) => {
    const own = await serverFor(t);
    const peer = await serverFor(t, { ca: own.ca });
    own.faults({ starting: true });
    const api = await apiFor(t, adminKubeconfig(own), [peer.url]);
    assert.equal(kindOf(await api.get(NODES)), 'ok');
  });

  test('forbidden by one and not answered by the others is forbidden', async (t) => {
    const server = await serverFor(t);
    server.faults({ forbidden: ['*'] });
    const asked = await apiFor(t, adminKubeconfig(server), [await closedPort()]);
    assert.equal(kindOf(await asked.get(NODES)), 'forbidden');
    const own = adminKubeconfig({ ...server, url: await closedPort() });
    assert.equal(kindOf(await (await apiFor(t, own, [server.url])).get(NODES)), 'forbidden');
  });

  test('with nobody there, the own server is what is named', async (t) => {
    const server = await serverFor(t);
    const own = await closedPort();
    const api = await apiFor(t, adminKubeconfig({ ...server, url: own }), [await closedPort(), 'nonsense']);
    const answer = await api.get(NODES);
    assert.ok(!answer.ok && answer.problem.detail.includes(new URL(own).host), JSON.stringify(answer));
  });

  test('SIGTERM ends a question at once', async (t) => {
    const server = await serverFor(t);
    server.faults({ mode: 'silent' });
    const api = await apiFor(t, adminKubeconfig(server));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    assert.equal(kindOf(await api.get(NODES, { limit: 60_000, signal: stop.signal })), 'unreachable');
  });
});

test('a CA that did not sign the certificate of the server, with the same name, is a foreign one', async (t) => {
  const server = await serverFor(t);
  const validity = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 60_000 };
  const api = await apiFor(
    t,
    adminKubeconfig({ ...server, ca: await issueAuthority({ commonName: 'kubernetes', ...validity }) }),
  );
  assert.equal(kindOf(await api.get(NODES)), 'untrusted');
});

async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `https://127.0.0.1:${port}`;
}
