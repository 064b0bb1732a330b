import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestNode } from '../../testnode/node.ts';
import { issueCertificate } from '../../testnode/pki.ts';
import { renewalWindow } from '../../testnode/stand-in/k3s-leaves.ts';
import { clientOf, DAY, eventually, get, nodeFor, run, served, text } from './support.ts';

const TLS = 'var/lib/rancher/k3s/server/tls';
const tls = (node: TestNode, name: string) => join(node.root, TLS, name);
const leaf = (node: TestNode, name: string) => new X509Certificate(readFileSync(tls(node, name)));
const restart = (node: TestNode) => run(node, 'usr/bin/systemctl', 'restart', 'k3s');
const admin = async (node: TestNode) => clientOf(await text(node, 'etc/rancher/k3s/k3s.yaml'));
const copy = async (node: TestNode) => clientOf(await text(node, 'home/alice/.kube/config'));

test('the window of a restart is 120 days from the releases of May 2025 on', () => {
  for (const version of ['v1.33.1+k3s1', 'v1.32.5+k3s1', 'v1.31.9+k3s1', 'v1.30.13+k3s1', 'v1.34.0+k3s1']) {
    assert.equal(renewalWindow(version), 120 * DAY, version);
  }
  for (const version of ['v1.33.0+k3s1', 'v1.32.4+k3s1', 'v1.30.12+k3s1', 'v1.29.15+k3s1', 'v1.21.0+k3s1']) {
    assert.equal(renewalWindow(version), 90 * DAY, version);
  }
});

test('outside the window a start renews nothing but still writes k3s.yaml and the kubelet’s own', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server', leafEnds: Date.now() + 121 * DAY });
  const before = [
    leaf(node, 'client-admin.crt').fingerprint256,
    statSync(join(node.root, 'etc/rancher/k3s/k3s.yaml')),
  ] as const;
  const kubelet = await text(node, 'var/lib/rancher/k3s/agent/client-kubelet.crt');
  await node.start();
  const yaml = statSync(join(node.root, 'etc/rancher/k3s/k3s.yaml'));
  assert.equal(leaf(node, 'client-admin.crt').fingerprint256, before[0]);
  assert.equal(await text(node, 'home/alice/.kube/config'), await text(node, 'etc/rancher/k3s/k3s.yaml'));
  assert.ok(yaml.mtimeMs > before[1].mtimeMs);
  assert.equal(yaml.ino, before[1].ino);
  assert.notEqual(await text(node, 'var/lib/rancher/k3s/agent/client-kubelet.crt'), kubelet);
});

test('inside the window all is renewed in place, the API asks for credentials, its argv is hidden', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server', leafEnds: Date.now() + 119 * DAY });
  const before = leaf(node, 'client-admin.crt');
  await node.start();
  const after = leaf(node, 'client-admin.crt');
  assert.ok(after.validToDate.getTime() > Date.now() + 364 * DAY);
  assert.equal(after.validFrom, before.validFrom, 'notBefore is the CA’s');
  assert.equal((await admin(node)).cert, readFileSync(tls(node, 'client-admin.crt'), 'utf8'));
  const { api } = node.ports;
  assert.deepEqual(await get(api!, '/ping'), { status: 200, body: 'pong' });
  assert.equal((await get(api!, '/cacerts')).body, readFileSync(tls(node, 'server-ca.crt'), 'utf8'));
  assert.equal((await get(api!, '/readyz')).status, 401);
  assert.deepEqual(await get(api!, '/readyz', await admin(node)), { status: 200, body: 'ok' });
  assert.equal(
    (await get(api!, '/readyz', await copy(node))).status,
    200,
    'the previous one is valid until it expires',
  );
  const shown = await run(node, 'usr/bin/systemctl', 'show', '--property=MainPID', 'k3s');
  const argv = readFileSync(`/proc/${shown.stdout.trim().split('=')[1]}/cmdline`, 'utf8');
  assert.equal(argv.replaceAll('\0', '').trim(), '/usr/local/bin/k3s server');
  const version = await run(node, 'usr/local/bin/k3s', '--version');
  assert.match(version.stdout, /^k3s version v1\.36\.3\+k3s1 \([0-9a-f]{8}\)\ngo version go/);
});

test('an API server that reaches kubelets through the supervisor loads its certificate for that once', async (t) => {
  for (const [egress, status] of [
    ['agent', 503],
    ['disabled', 200],
  ] as const) {
    const node = await nodeFor(t, { kind: 'k3s-server', leafEnds: Date.now() + 200 * DAY, egress });
    const [path, good] = [tls(node, 'client-kube-apiserver.crt'), await text(node, `${TLS}/client-kube-apiserver.crt`)];
    const ca = {
      certificatePem: await text(node, `${TLS}/client-ca.crt`),
      keyPem: await text(node, `${TLS}/client-ca.key`),
    };
    const subject = { commonName: 'system:apiserver', organizations: ['system:masters'] };
    const [notBefore, notAfter] = [Date.now() - 9 * DAY, Date.now() - DAY];
    const { certificatePem } = await issueCertificate({ ca, subject, usages: ['client'], notBefore, notAfter });
    writeFileSync(path, certificatePem);
    await node.start({ longRunning: true });
    writeFileSync(path, good);
    const asked = '/api/v1/nodes/demo-node/proxy/healthz';
    assert.equal((await get(node.ports.api!, asked, await admin(node))).status, status, egress);
    assert.equal((await get(node.ports.api!, '/readyz', await admin(node))).status, 200);
  }
});

test('the listener’s certificate changes only after a while, only when somebody connects, and keeps its key', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server', speed: 0.05 });
  await node.start(); // asks the port, so that the chance is taken
  const old = leafOfDynamic(node);
  assert.equal((await served(node.ports.api!)).fingerprint256, old.fingerprint256);
  const renewed = await eventually(async () => {
    const now = await served(node.ports.api!);
    return now.fingerprint256 !== old.fingerprint256 && now;
  });
  assert.equal(leafOfDynamic(node).fingerprint256, renewed.fingerprint256);
  assert.deepEqual(
    renewed.publicKey.export({ type: 'spki', format: 'der' }),
    old.publicKey.export({ type: 'spki', format: 'der' }),
  );
});

test('faults: a listener that stays old, leaves that are not renewed, a new CA', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server' });
  const before = leaf(node, 'client-admin.crt').fingerprint256;
  await node.faults({ k3s: 'does-not-renew' });
  await node.start();
  assert.equal(leaf(node, 'client-admin.crt').fingerprint256, before);
  const listener = leafOfDynamic(node).fingerprint256;
  await node.faults({ k3s: 'listener-stays-old' });
  assert.equal((await restart(node)).code, 0);
  await served(node.ports.api!);
  await new Promise((resolve) => setTimeout(resolve, 900)); // longer than the first chance
  assert.equal((await served(node.ports.api!)).fingerprint256, listener);
  await node.faults({ k3s: 'new-ca-on-restart' });
  await restart(node);
  assert.equal((await get(node.ports.api!, '/readyz', await copy(node))).status, 401);
  assert.equal((await get(node.ports.api!, '/readyz', await admin(node))).status, 200);
});

const hazards: {
  name: string;
  version?: string;
  damage(node: TestNode): void;
  exits: boolean;
  see(node: TestNode): Promise<void>;
}[] = [
  {
    name: 'a missing leaf is healed',
    damage: (node) => rmSync(tls(node, 'client-scheduler.crt')),
    exits: false,
    see: async (node) => assert.ok(existsSync(tls(node, 'client-scheduler.crt'))),
  },
  {
    name: 'a leaf of another CA is healed',
    damage: (node) => writeFileSync(tls(node, 'client-admin.crt'), readFileSync(tls(node, 'client-auth-proxy.crt'))),
    exits: false,
    see: async (node) => assert.ok(leaf(node, 'client-admin.crt').checkIssued(leaf(node, 'client-ca.crt'))),
  },
  {
    name: 'a garbage leaf is not healed and goes into k3s.yaml',
    damage: (node) => writeFileSync(tls(node, 'client-admin.crt'), 'garbage\n'),
    exits: false,
    see: async (node) => {
      assert.equal((await admin(node)).cert, 'garbage\n');
      assert.equal((await get(node.ports.api!, '/readyz', await copy(node))).status, 200);
    },
  },
  {
    name: 'k3s exits with a garbage serving certificate',
    damage: (node) => writeFileSync(tls(node, 'serving-kube-apiserver.crt'), 'garbage\n'),
    exits: true,
    see: async (node) =>
      assert.match(await text(node, 'run/demo/k3s.log'), /apiserver exited: tls: failed to find any PEM/),
  },
  {
    name: 'k3s exits when it cannot write k3s.yaml',
    damage: (node) => {
      rmSync(join(node.root, 'etc/rancher/k3s/k3s.yaml'));
      writeFileSync(join(node.root, 'etc/rancher/k3s/file'), '');
      rmSync(join(node.root, 'etc/rancher/k3s'), { recursive: true });
      writeFileSync(join(node.root, 'etc/rancher/k3s'), 'in the way');
    },
    exits: true,
    see: async () => {},
  },
  {
    name: 'a missing client CA key comes back from the datastore, and the old kubeconfig still works',
    damage: (node) => rmSync(tls(node, 'client-ca.key')),
    exits: false,
    see: async (node) => {
      assert.equal((await get(node.ports.api!, '/readyz', await copy(node))).status, 200);
    },
  },
  {
    name: 'a CA file that differs and is newer than the datastore is refused',
    damage: (node) => writeFileSync(tls(node, 'client-ca.key'), ''),
    exits: true,
    see: async (node) => {
      const logged = await run(node, 'usr/bin/journalctl', '-u', 'k3s', '-n', '5');
      assert.match(logged.stdout, /client-ca\.key newer than datastore and could cause a cluster outage/);
    },
  },
  {
    name: 'a CA file that differs and is older than the datastore is overwritten',
    damage: (node) => {
      writeFileSync(tls(node, 'client-ca.key'), '');
      utimesSync(tls(node, 'client-ca.key'), new Date(0), new Date(0));
    },
    exits: false,
    see: async (node) => {
      assert.equal((await get(node.ports.api!, '/readyz', await copy(node))).status, 200);
    },
  },
  {
    name: 'before v1.22.3 a missing client CA key silently makes a new CA, and the old kubeconfig is refused',
    version: 'v1.21.4+k3s1',
    damage: (node) => rmSync(tls(node, 'client-ca.key')),
    exits: false,
    see: async (node) => {
      assert.equal((await get(node.ports.api!, '/readyz', await copy(node))).status, 401);
      assert.equal((await get(node.ports.api!, '/readyz', await admin(node))).status, 200);
    },
  },
];

for (const { name, version, damage, exits, see } of hazards) {
  test(name, async (t) => {
    const node = await nodeFor(t, {
      kind: 'k3s-server',
      leafEnds: Date.now() + 300 * DAY,
      ...(version === undefined ? {} : { version }),
    });
    await node.start();
    damage(node);
    const ran = await restart(node);
    assert.equal(ran.code, exits ? 1 : 0, ran.stderr);
    if (exits) {
      assert.match(ran.stderr, /^Job for k3s\.service failed because the control process exited with error code\.\n/);
      const shown = await run(node, 'usr/bin/systemctl', 'show', '--property=ActiveState', 'k3s');
      assert.equal(shown.stdout, 'ActiveState=failed\n');
    }
    await see(node);
  });
}

test('systemctl: an unknown unit, a failing one, one that never gets ready', async (t) => {
  const node = await nodeFor(t, { kind: 'k3s-server' });
  await node.start();
  const unknown = await run(node, 'usr/bin/systemctl', 'restart', 'k3s-agent');
  assert.deepEqual(unknown, {
    code: 5,
    stdout: '',
    stderr: 'Failed to restart k3s-agent.service: Unit k3s-agent.service not found.\n',
  });
  await node.faults({ systemctl: 'fails' });
  assert.equal((await restart(node)).code, 1);
  await node.faults({ systemctl: 'none', k3s: 'never-ready' });
  const pending = restart(node); // exits when the node is stopped
  const activating = 'ActiveState=activating\n';
  await eventually(
    async () => (await run(node, 'usr/bin/systemctl', 'show', '-p', 'ActiveState', 'k3s')).stdout === activating,
  );
  await eventually(async () => (await get(node.ports.api!, '/readyz')).status === 503);
  await node.stop();
  assert.notEqual((await pending).code, 0);
});

for (const [version, all] of [
  ['v1.28.15+k3s1', false],
  ['v1.36.3+k3s1', true],
] as const)
  test(`an agent of ${version} fetches ${all ? 'all four' : 'the kubelet’s'} certificates anew at every start`, async (t) => {
    const node = await nodeFor(t, { kind: 'k3s-agent', leafEnds: Date.now() + 300 * DAY, version });
    const agent = (name: string) => text(node, `var/lib/rancher/k3s/agent/${name}`);
    const before = [
      await agent('client-kubelet.crt'),
      await agent('client-kubelet.key'),
      await agent('client-kube-proxy.crt'),
    ];
    await node.start();
    assert.notEqual(await agent('client-kubelet.crt'), before[0]);
    assert.equal(await agent('client-kubelet.key'), before[1]);
    assert.equal((await agent('client-kube-proxy.crt')) !== before[2], all);
  });

function leafOfDynamic(node: TestNode): X509Certificate {
  const secret = JSON.parse(readFileSync(tls(node, 'dynamic-cert.json'), 'utf8')) as { data: Record<string, string> };
  return new X509Certificate(Buffer.from(secret.data['tls.crt']!, 'base64'));
}
