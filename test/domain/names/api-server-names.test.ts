import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeadmApiServer } from '../../../src/domain/model/api-server-facts.ts';
import { missingNames, namesOf } from '../../../src/domain/names/api-server-names.ts';
import { inventoryOf, withPreconditions } from '../../support/inventory.ts';
import { apiServer, CONFIG, IN_CLUSTER, kubeadmWith } from './names-parts.ts';

const sansOf = (facts: KubeadmApiServer): string[] => namesOf(facts).map(({ san }) => san);

test('the names of a kubeadm node: of its manifest alone, of its kubeconfigs, of its configuration', () => {
  const server = (path: string, url: string) => ({ path, url });
  const cases: [string, Partial<KubeadmApiServer>, string[]][] = [
    ['nothing else is known', {}, []],
    ['its advertised address', { advertiseAddress: '10.0.0.5' }, ['IP:10.0.0.5']],
    ['loopback is no name', { advertiseAddress: '127.0.0.1' }, []],
    ['nor is every address', { advertiseAddress: '0.0.0.0' }, []],
    ['the first of its services', { serviceRange: '10.96.0.0/12,fd00::/108' }, ['IP:10.96.0.1']],
    ['a range that is none', { serviceRange: 'x' }, []],
    ['one kubeconfig may have been pointed elsewhere', { servers: [server('/a', 'https://lb:6443')] }, []],
    [
      'two kubeconfigs with one server',
      {
        servers: [server('/a', 'https://LB:6443'), server('/b', 'https://lb:6443/x'), server('/c', 'https://10.0.0.1')],
      },
      ['DNS:lb'],
    ],
    ['servers that are no URL', { servers: [server('/a', 'lb'), server('/b', 'lb')] }, []],
    [
      'its configuration is believed, not its kubeconfigs',
      { config: CONFIG, servers: [server('/a', 'https://other'), server('/b', 'https://other')] },
      ['DNS:kubernetes.default.svc.corp.example', 'DNS:lb.example.org', 'DNS:api.example.org', 'IP:10.0.0.9'],
    ],
    [
      'a configuration without any',
      { config: { ...CONFIG, controlPlaneEndpoint: null, certSANs: [], dnsDomain: null } },
      ['DNS:kubernetes.default.svc.cluster.local'],
    ],
    ['a configuration that cannot be read', { config: { path: '/k.yaml', problem: 'is empty' } }, []],
  ];
  for (const [name, change, more] of cases) assert.deepEqual(sansOf(apiServer(change)), [...IN_CLUSTER, ...more], name);
});

test('each name once, with the first that says it', () => {
  const names = namesOf(apiServer({ advertiseAddress: '10.0.0.9', config: CONFIG }));
  assert.deepEqual(
    names.filter(({ san }) => san === 'IP:10.0.0.9'),
    [{ san: 'IP:10.0.0.9', from: '--advertise-address in /m/kube-apiserver.yaml' }],
  );
});

test('what a certificate lacks; nothing on a node of which nothing is known', () => {
  assert.deepEqual(missingNames(inventoryOf('kubeadm')), []);
  const node = kubeadmWith({ config: CONFIG });
  assert.deepEqual(
    missingNames(node).map(({ observed, names }) => [observed.id, names]),
    [
      [
        'apiserver',
        [
          { san: 'DNS:lb.example.org', from: 'controlPlaneEndpoint in /etc/kubernetes/kubeadm.yaml' },
          { san: 'DNS:api.example.org', from: 'apiServer.certSANs in /etc/kubernetes/kubeadm.yaml' },
          { san: 'IP:10.0.0.9', from: 'apiServer.certSANs in /etc/kubernetes/kubeadm.yaml' },
        ],
      ],
    ],
  );
  assert.deepEqual(missingNames(withPreconditions(node, { apiServer: apiServer({}) })), []);
});

test('K3s and RKE2: every certificate that serves, by what the settings say', () => {
  const named = [
    { value: 'lb.example.org', option: 'tls-san' },
    { value: 'node-1', option: 'tls-san' },
  ];
  const of = (certificates: string[]) =>
    missingNames(
      withPreconditions(inventoryOf('rke2-server'), { apiServer: { by: 'supervisor', certificates, named } }),
    );
  assert.deepEqual(
    of(['serving-kube-apiserver', 'dynamic-cert', 'none']).map(({ observed, names }) => [observed.id, names]),
    ['serving-kube-apiserver', 'dynamic-cert'].map((id) => [id, [{ san: 'DNS:lb.example.org', from: 'tls-san' }]]),
  );
});
