import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Hazard } from '../../src/domain/model/inventory.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { detect } from '../../src/observe/detect.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import { get, look, NOW, nodeFor, put } from './support.ts';

const TLS = 'var/lib/rancher/k3s/server/tls';
const YAML = 'etc/rancher/k3s/k3s.yaml';

async function hazards(root: string, renewsUntil = NOW + 90 * DAY): Promise<[Hazard['code'], string][]> {
  const at = new Root(root);
  const node = await detect(at);
  const found = await node.hazards(await readSources(at, await node.sources()), {
    renewsUntil,
    certificates: [],
    activeSince: null,
  });
  return found.map(({ code, path }) => [code, path.replace(`/${TLS}/`, '')]);
}

test('a broken leaf can be removed where both files are regular ones or absent, never through a link', async (t) => {
  const found = async (make: (root: string) => void) => {
    const node = await nodeFor(t, { kind: 'k3s-server', leafEnds: NOW + 300 * DAY });
    put(node.root, `${TLS}/client-admin.crt`, 'garbage');
    make(node.root);
    const at = new Root(node.root);
    const detected = await detect(at);
    const [hazard] = await detected.hazards(await readSources(at, await detected.sources()), {
      renewsUntil: NOW,
      certificates: [],
      activeSince: null,
    });
    return hazard?.leaf;
  };
  const path = `/${TLS}/client-admin.crt`;
  const leaf = { id: 'client-admin', path, keyPath: path.replace(/crt$/, 'key'), caPath: `/${TLS}/client-ca.crt` };
  const link = (name: string) => (root: string) => {
    put(root, 'elsewhere', 'garbage');
    remove(root, `${TLS}/${name}`);
    symlinkSync('/elsewhere', join(root, `${TLS}/${name}`));
  };
  assert.deepEqual(await found(() => {}), leaf);
  assert.deepEqual(await found((root) => remove(root, `${TLS}/client-admin.key`)), leaf);
  assert.equal(await found(link('client-admin.crt')), undefined);
  assert.equal(await found(link('client-admin.key')), undefined);
});

const remove = (root: string, path: string) => rmSync(join(root, path), { recursive: true });

type Case = { what: string; make: (root: string) => void; found: [Hazard['code'], string][] };

const CASES: Case[] = [
  { what: 'nothing wrong', make: () => {}, found: [] },
  {
    what: 'the client CA’s key missing',
    make: (root) => remove(root, `${TLS}/client-ca.key`),
    found: [['ca-key-missing', 'client-ca.key']],
  },
  {
    what: 'a CA missing',
    make: (root) => remove(root, `${TLS}/server-ca.crt`),
    found: [['ca-missing', 'server-ca.crt']],
  },
  {
    what: 'an etcd CA missing',
    make: (root) => remove(root, `${TLS}/etcd/peer-ca.crt`),
    found: [['ca-missing', 'etcd/peer-ca.crt']],
  },
  { what: 'no etcd directory at all', make: (root) => remove(root, `${TLS}/etcd`), found: [] },
  {
    what: 'a garbage CA',
    make: (root) => put(root, `${TLS}/request-header-ca.crt`, 'garbage'),
    found: [['ca-unparsable', 'request-header-ca.crt']],
  },
  {
    what: 'a garbage CA key',
    make: (root) => put(root, `${TLS}/client-ca.key`, 'garbage'),
    found: [['ca-unparsable', 'client-ca.key']],
  },
  {
    what: 'a CA key of another CA',
    make: (root) => put(root, `${TLS}/client-ca.key`, get(root, `${TLS}/server-ca.key`)),
    found: [['ca-key-mismatch', 'client-ca.key']],
  },
  {
    what: 'a garbage leaf',
    make: (root) => put(root, `${TLS}/client-admin.crt`, 'garbage'),
    found: [['leaf-garbage', 'client-admin.crt']],
  },
  {
    what: 'an empty leaf',
    make: (root) => put(root, `${TLS}/client-auth-proxy.crt`, ''),
    found: [['leaf-garbage', 'client-auth-proxy.crt']],
  },
  {
    what: 'a directory instead of a leaf',
    make: (root) => {
      remove(root, `${TLS}/client-admin.crt`);
      mkdirSync(join(root, `${TLS}/client-admin.crt`));
    },
    found: [['leaf-garbage', 'client-admin.crt']],
  },
  {
    what: 'a garbage key of a leaf that a restart does not renew',
    make: (root) => put(root, `${TLS}/client-admin.key`, 'garbage'),
    found: [['leaf-garbage', 'client-admin.key']],
  },
  { what: 'a missing leaf, which is repaired', make: (root) => remove(root, `${TLS}/client-admin.crt`), found: [] },
  { what: 'a missing key, which is repaired', make: (root) => remove(root, `${TLS}/client-admin.key`), found: [] },
  {
    what: 'a leaf of another CA, which is repaired',
    make: (root) => put(root, `${TLS}/client-admin.crt`, get(root, `${TLS}/client-auth-proxy.crt`)),
    found: [],
  },
  {
    what: 'a garbage listener certificate, which is repaired',
    make: (root) => put(root, `${TLS}/dynamic-cert.json`, 'garbage'),
    found: [],
  },
  {
    what: 'a garbage leaf of the agent, which is fetched anew',
    make: (root) => put(root, 'var/lib/rancher/k3s/agent/client-kubelet.crt', 'garbage'),
    found: [],
  },
  { what: 'no k3s.yaml, which is created', make: (root) => remove(root, YAML), found: [] },
  {
    what: 'a k3s.yaml whose directory is to be created',
    make: (root) => remove(root, 'etc/rancher'),
    found: [],
  },
  {
    what: 'a directory instead of k3s.yaml',
    make: (root) => {
      remove(root, YAML);
      mkdirSync(join(root, YAML));
    },
    found: [['kubeconfig-unwritable', `/${YAML}`]],
  },
  {
    what: 'a file instead of the directory of k3s.yaml',
    make: (root) => {
      remove(root, 'etc/rancher/k3s');
      put(root, 'etc/rancher/k3s', '');
    },
    found: [['kubeconfig-unwritable', `/${YAML}`]],
  },
  {
    what: 'a k3s.yaml that links to itself',
    make: (root) => {
      remove(root, YAML);
      symlinkSync('k3s.yaml', join(root, YAML));
    },
    found: [['kubeconfig-unwritable', `/${YAML}`]],
  },
];

for (const { what, make, found } of CASES) {
  test(`${what}: ${found.map(([code]) => code).join() || 'no hazard'}`, async (t) => {
    const { root } = await nodeFor(t, { kind: 'k3s-server' });
    make(root);
    assert.deepEqual(await hazards(root), found);
  });
}

test('a garbage key of a leaf that the restart renews is repaired with it', async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server', leafEnds: NOW + 30 * DAY });
  put(root, `${TLS}/client-admin.key`, 'garbage');
  assert.deepEqual(await hazards(root), []);
});

test('files that nobody may write are hazards', {
  skip: !canMakeImmutable() && 'no immutable files here',
}, async (t) => {
  const { root } = await nodeFor(t, { kind: 'k3s-server' });
  const files = [join(root, YAML), join(root, TLS, 'client-controller.crt')];
  execFileSync('chattr', ['+i', ...files]);
  t.after(() => spawnSync('chattr', ['-i', ...files]));
  const found = await hazards(root);
  execFileSync('chattr', ['-i', ...files]);
  assert.deepEqual(found, [
    ['leaf-unwritable', 'client-controller.crt'],
    ['kubeconfig-unwritable', `/${YAML}`],
  ]);
});

test('agents and kubeadm nodes have no such hazards', async (t) => {
  for (const kind of ['k3s-agent', 'kubeadm-worker'] as const) {
    const node = await nodeFor(t, { kind });
    if (kind === 'k3s-agent') put(node.root, 'var/lib/rancher/k3s/agent/client-kubelet.crt', 'garbage');
    assert.deepEqual((await look(node)).preconditions.hazards, []);
  }
});

function canMakeImmutable(): boolean {
  const file = join(process.env.TMPDIR ?? '/tmp', `certagent-immutable-${process.pid}`);
  const made = spawnSync('sh', ['-c', 'touch "$1" && chattr +i "$1" && chattr -i "$1"', 'sh', file]).status === 0;
  rmSync(file, { force: true });
  return made;
}
