// What each start of K3s or RKE2 renews below agent/, by version, and how plans say so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewedAtEveryStart } from '../../../src/domain/distributions/agent-leaves.ts';
import { rulesOf } from '../../../src/domain/distributions/index.ts';

const KUBELETS = ['client-kubelet', 'serving-kubelet'];
const ALL = [...KUBELETS, 'client-kube-proxy', 'client-k3s-controller', 'client-rke2-controller'];

/** Version, what of agent/ each start renews, and what is said of a server and of an agent. */
const TABLE: [version: string | null, always: string[], server: string, agent: string][] = [
  [
    'v1.28.15+k3s1',
    KUBELETS,
    "A restart of K3s v1.28.15+k3s1 renews certificates in the last 90 d before they expire, and the kubelet's in agent/ at any time.",
    "A restart of K3s v1.28.15+k3s1 renews certificates in the last 90 d before they expire, and the kubelet's in agent/ at any time.",
  ],
  [
    'v1.32.3+k3s1',
    ALL,
    'A restart of K3s v1.32.3+k3s1 renews certificates in the last 90 d before they expire, and those in agent/ at any time.',
    'A restart of K3s v1.32.3+k3s1 renews its certificates at any time.',
  ],
  [
    'v1.33.3+k3s1',
    ALL,
    'A restart of K3s v1.33.3+k3s1 renews certificates in the last 120 d before they expire, and those in agent/ at any time.',
    'A restart of K3s v1.33.3+k3s1 renews its certificates at any time.',
  ],
  [
    null,
    KUBELETS,
    "A restart of K3s of unknown version renews certificates in the last 90 d before they expire, and the kubelet's in agent/ at any time.",
    "A restart of K3s of unknown version renews certificates in the last 90 d before they expire, and the kubelet's in agent/ at any time.",
  ],
];

for (const [version, always, server, agent] of TABLE)
  test(`K3s ${version}: each start renews ${always.join(', ')} of agent/`, () => {
    const path = (name: string, directory = 'agent') => ({
      place: { kind: 'pem' as const, path: `/var/lib/rancher/k3s/${directory}/${name}.crt`, index: 0 },
    });
    assert.deepEqual(
      ALL.filter((name) => renewedAtEveryStart(path(name), version)),
      always,
    );
    for (const other of [path('client-ca'), path('client-kube-proxy', 'server/tls')])
      assert.equal(renewedAtEveryStart(other, version), false);
    const words = (role: 'server' | 'agent') => rulesOf('k3s').restartRenews?.({ version, role });
    assert.deepEqual([words('server'), words('agent')], [server, agent]);
  });

test('kubeadm: a restart renews nothing, so nothing is said of it', () => {
  assert.equal(rulesOf('kubeadm').restartRenews, undefined);
});
