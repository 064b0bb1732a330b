import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { describeStep } from '../../src/domain/plan/describe.ts';
import { readLeaf } from '../../src/host/leaf.ts';
import { type Scene, scene } from './support.ts';

const FILE = '/etc/kubernetes/kubeadm.yaml';
const RENEW = `sans = true\nkubeadm_config = "${FILE}"`;
const CONFIG = `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- token: abcdef.0123456789abcdef
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.30.1
controlPlaneEndpoint: "lb.example.org:6443"
apiServer:
  certSANs:
  - 10.0.0.9
  - fd00::9
`;

async function written({ root }: Scene, text = CONFIG): Promise<void> {
  writeFileSync(root.at(FILE), text, { mode: 0o600 });
}

const sansOf = async ({ root }: Scene) => (await readLeaf(root, '/etc/kubernetes/pki/apiserver.crt')).certificate.sans;
const missing = ({ alerts }: StatusReport) =>
  alerts.flatMap(({ alert: { code, facts } }) => (code === 'SANS_MISSING' ? [Object.keys(facts)] : []));
const left = ({ root }: Scene) => readdirSync(root.at('/var/lib/certagent/rehearsals'));
const serving = ({ served }: StatusReport) => served.find(({ endpoint }) => endpoint.name === 'kube-apiserver')?.state;

test('a renewal adds the names that the configuration of the cluster gives, and keeps every other one', async (t) => {
  const stage = await scene(t, { kind: 'kubeadm', days: 60, renew: RENEW });
  await written(stage);
  const before = await sansOf(stage);
  const key = statSync(stage.root.at('/etc/kubernetes/pki/apiserver.key'));
  assert.deepEqual(missing(await stage.agent.status()), [['DNS:lb.example.org', 'IP:10.0.0.9', 'IP:fd00::9']]);
  const { plan } = await stage.agent.plan({ force: false });
  const step = plan?.steps.find(({ kind }) => kind === 'add-names');
  assert.equal(
    describeStep(step!, {}),
    `make /etc/kubernetes/pki/apiserver.crt with kubeadm init phase certs apiserver and ${FILE}, adds names: DNS:lb.example.org, IP:10.0.0.9, IP:fd00::9`,
  );
  const outcome = await stage.agent.renew({ force: false }, () => {});
  assert.deepEqual([outcome?.result, outcome?.reported], ['succeeded', undefined]);
  assert.deepEqual(
    await sansOf(stage),
    [...before, 'DNS:lb.example.org', 'IP:10.0.0.9', 'IP:FD00:0:0:0:0:0:0:9'].sort(),
  );
  const { mode, uid } = statSync(stage.root.at('/etc/kubernetes/pki/apiserver.key'));
  assert.deepEqual([mode, uid], [key.mode, key.uid]);
  const status = await stage.agent.status();
  assert.deepEqual([missing(status), serving(status), left(stage)], [[], 'current', []]);
  const journal = readFileSync(stage.root.at('/var/lib/certagent/journal.jsonl'), 'utf8');
  assert.doesNotMatch(journal, /abcdef|PRIVATE KEY/);
});

test('where kubeadm does not accept the configuration, the certificate is renewed with its previous names', async (t) => {
  const stage = await scene(t, { kind: 'kubeadm', days: 60, renew: RENEW });
  await written(stage, CONFIG.replace('10.0.0.9', '"not a name"'));
  const before = await sansOf(stage);
  const outcome = await stage.agent.renew({ force: false }, () => {});
  assert.deepEqual([outcome?.result, outcome?.reported?.map(({ code }) => code)], ['succeeded', ['KUBEADM_FAILED']]);
  assert.match(outcome!.reported![0]!.message, /Invalid value: "not a name"/);
  assert.deepEqual(await sansOf(stage), before);
  const status = await stage.agent.status();
  assert.deepEqual(
    [missing(status), serving(status), left(stage)],
    [[['DNS:lb.example.org', 'IP:fd00::9']], 'current', []],
  );
});

test('a renewal that fails later puts the certificate without the names back', async (t) => {
  const stage = await scene(t, {
    kind: 'kubeadm',
    days: 60,
    renew: RENEW,
    faults: { rejectsRenewed: ['kube-scheduler'] },
  });
  await written(stage);
  const before = readFileSync(stage.root.at('/etc/kubernetes/pki/apiserver.crt'), 'utf8');
  const outcome = await stage.agent.renew({ force: false }, () => {});
  assert.equal(outcome?.result, 'rolled-back');
  assert.equal(readFileSync(stage.root.at('/etc/kubernetes/pki/apiserver.crt'), 'utf8'), before);
  assert.deepEqual(left(stage), []);
});

test('without renew.sans, or without its configuration, nothing is added, and the plan says why', async (t) => {
  const stage = await scene(t, { kind: 'kubeadm', days: 60, renew: 'sans = true' });
  const conf = (name: string) => join(stage.root.prefix, 'etc/kubernetes', name);
  for (const name of ['admin.conf', 'kubelet.conf']) {
    const text = readFileSync(conf(name), 'utf8');
    writeFileSync(conf(name), text.replace(/server: .*/, 'server: https://lb.example.org:6443'));
  }
  const { plan } = await stage.agent.plan({ force: false });
  assert.deepEqual(
    plan?.steps.filter(({ kind }) => kind === 'add-names'),
    [],
  );
  assert.ok(
    plan?.warnings?.includes(
      "renew.sans cannot add DNS:lb.example.org to /etc/kubernetes/pki/apiserver.crt: renew.kubeadm_config does not name the cluster's kubeadm configuration file.",
    ),
    JSON.stringify(plan?.warnings),
  );
});
