import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { askServers } from '../../src/observe/supervisor/agent-servers.ts';
import { type Issued, issueCertificate } from '../../testnode/pki.ts';
import { authority, directoryFor, look, NOW, nodeFor, put } from './support.ts';

/** A server of a cluster with this CA; returns its address. */
async function serverOf(t: TestContext, ca: Issued): Promise<string> {
  const { certificatePem: cert, keyPem: key } = await issueCertificate({
    ca,
    subject: { commonName: 'k3s' },
    sans: ['127.0.0.1'],
    usages: ['server'],
    notBefore: NOW - DAY,
    notAfter: NOW + DAY,
  });
  const server = createServer({ cert, key }, (_request, response) => response.end('pong')).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const GONE = '127.0.0.1:1';
const dataDir = '/var/lib/rancher/k3s';

async function agentWith(t: TestContext, ca: Issued, remembered: string[]): Promise<Root> {
  const root = new Root(directoryFor(t));
  put(root.prefix, `${dataDir}/agent/server-ca.crt`, ca.certificatePem);
  const balancer = JSON.stringify({ ServerURL: 'https://x:6443', ServerAddresses: remembered });
  put(root.prefix, `${dataDir}/agent/etc/k3s-agent-load-balancer.json`, balancer);
  return root;
}

test('an agent has a server while one of those that it knows answers with a certificate of its cluster', async (t) => {
  const [ours, theirs] = [await authority('server-ca'), await authority('another')];
  const [good, foreign] = [await serverOf(t, ours), await serverOf(t, theirs)];
  type Row = [server: string | null, remembered: string[], answers: boolean | null, url: string | null];
  const table: Row[] = [
    [`https://${good}`, [], true, `https://${good}`],
    [`https://${good}/`, [], true, `https://${good}`],
    [`https://${GONE}`, [good], true, `https://${good}`],
    [null, [GONE, good], true, `https://${good}`],
    [`https://${GONE}`, [], false, `https://${GONE}`],
    [`https://${foreign}`, [GONE], false, `https://${foreign}`],
    [`http://${good}`, [], false, `http://${good}`],
    [null, [], null, null],
    ['no url', [], null, null],
  ];
  for (const [server, remembered, answers, url] of table) {
    const found = await askServers(await agentWith(t, ours, remembered), 'k3s', { dataDir, server });
    assert.deepEqual([found?.answers ?? null, found?.url ?? null], [answers, url], `${server} ${remembered}`);
  }
  const { detail } = (await askServers(await agentWith(t, ours, [GONE]), 'k3s', {
    dataDir,
    server: `https://${foreign}`,
  }))!;
  assert.match(detail, /^127\.0\.0\.1:\d+: \S*VERIFY\S*, 127\.0\.0\.1:1: ECONNREFUSED$/);
});

test('the server that an agent joined is in its configuration, or in the environment file of its unit', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-agent' });
  const servers = async () => (await look(node)).preconditions.servers;
  assert.equal((await servers())?.answers, false);
  await node.start();
  assert.equal((await servers())?.answers, true);
  await node.faults({ serverAway: true });
  assert.equal((await servers())?.answers, false);
  rmSync(join(node.root, 'etc/rancher/k3s/config.yaml'));
  assert.equal(await servers(), undefined);
  const unit = '[Service]\nEnvironmentFile=-/etc/systemd/system/%N.service.env\nExecStart=/usr/local/bin/k3s agent\n';
  put(node.root, 'etc/systemd/system/k3s-agent.service', unit);
  put(node.root, 'etc/systemd/system/k3s-agent.service.env', `K3S_TOKEN=x\nK3S_URL=https://${GONE}\n`);
  assert.deepEqual(await servers(), { answers: false, detail: `${GONE}: ECONNREFUSED`, url: `https://${GONE}` });
});
