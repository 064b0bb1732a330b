import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingAlerts } from '../../../src/domain/alerts/standing.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { inventoryOf, withPreconditions } from '../../support/inventory.ts';
import { staticPod } from '../../support/parts.ts';
import { CONFIG, kubeadmWith } from '../names/names-parts.ts';
import { node } from './alert-node.ts';

const alertOf = (inventory: Inventory) => {
  const found = standingAlerts(node({ inventory, preconditions: inventory.preconditions })).filter(
    ({ code }) => code === 'SANS_MISSING',
  );
  assert.ok(found.length > 0);
  return found[0]!;
};

test('the names that clients use and that the certificate lacks, with what says so', () => {
  const { severity, subject, facts, text } = alertOf(kubeadmWith({ config: CONFIG, advertiseAddress: 'fd00::5' }));
  assert.deepEqual(
    [severity, subject, facts],
    [
      'warning',
      'apiserver',
      {
        'IP:fd00::5': '--advertise-address in /m/kube-apiserver.yaml',
        'DNS:lb.example.org': 'controlPlaneEndpoint in /etc/kubernetes/kubeadm.yaml',
        'DNS:api.example.org': 'apiServer.certSANs in /etc/kubernetes/kubeadm.yaml',
        'IP:10.0.0.9': 'apiServer.certSANs in /etc/kubernetes/kubeadm.yaml',
      },
    ],
  );
  assert.equal(
    text,
    'The certificate apiserver lacks 4 names by which clients reach the API server, and they refuse it there: IP:fd00::5, DNS:lb.example.org and 2 more.',
  );
});

test('how to add them: the commands for this node', () => {
  const making =
    'mkdir -m 700 /root/apiserver-before && mv /etc/kubernetes/pki/apiserver.crt /etc/kubernetes/pki/apiserver.key /root/apiserver-before/ && kubeadm init phase certs apiserver --config /etc/kubernetes/kubeadm.yaml';
  assert.equal(
    alertOf(kubeadmWith({ config: CONFIG, advertiseAddress: '10.0.0.5' })).remedy,
    `Add to apiServer.certSANs in /etc/kubernetes/kubeadm.yaml: 10.0.0.5. By hand, now: ${making}. Or have certagent add them at the next renewal: renew.sans = true.`,
  );
  assert.equal(
    alertOf(kubeadmWith({ config: { ...CONFIG, controlPlaneEndpoint: null } })).remedy,
    `By hand, now: ${making}. Or have certagent add them at the next renewal: renew.sans = true.`,
  );
  assert.equal(
    alertOf(kubeadmWith({ advertiseAddress: '10.0.0.5' })).remedy,
    `Write down the cluster's configuration: kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-system get cm kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > /etc/kubernetes/kubeadm.yaml. Add to apiServer.certSANs in /etc/kubernetes/kubeadm.yaml: 10.0.0.5. By hand, now: ${making}. Or have certagent add them at the next renewal: renew.kubeadm_config = "/etc/kubernetes/kubeadm.yaml", renew.sans = true.`,
  );
  const old = kubeadmWith({ config: CONFIG });
  const components = [{ ...staticPod('kube-apiserver'), version: 'v1.26.1' }];
  for (const node of [withPreconditions(old, { components }), withPreconditions(old, { components: [] })])
    assert.match(alertOf(node).remedy, /--config \S+; then restart the kube-apiserver/);
});

test('where kubeadm cannot make it, or does not know how', () => {
  assert.match(
    alertOf(kubeadmWith({ config: CONFIG }, 'kubeadm-external-ca')).remedy,
    /^Set renew\.sans = true, .* certagent csr --new apiserver,/,
  );
  const unread = { path: '/k.yaml', problem: 'is empty' };
  assert.equal(
    alertOf(kubeadmWith({ config: unread, advertiseAddress: '10.0.0.5' })).remedy,
    '/k.yaml, which renew.kubeadm_config names, is empty: correct it first.',
  );
});

test('K3s and RKE2 add what their settings say when they start', () => {
  const named = [{ value: 'lb.example.org', option: 'tls-san' }];
  const server = withPreconditions(inventoryOf('k3s-server'), {
    apiServer: { by: 'supervisor', certificates: ['dynamic-cert'], named },
  });
  assert.equal(alertOf(server).remedy, 'K3s adds them at its next start: systemctl restart k3s');
  const hazards = [{ code: 'ca-key-missing' as const, path: '/k/server-ca.key', detail: '' }];
  assert.match(
    alertOf(withPreconditions(server, { hazards })).remedy,
    /First do what the alert RESTART_HAZARD says; then: systemctl restart k3s$/,
  );
  assert.match(alertOf(withPreconditions(server, { unit: null })).remedy, /systemctl restart k3s$/);
});
