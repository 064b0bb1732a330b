import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Root } from '../../src/host/root.ts';
import { listUnits } from '../../src/host/unit-files.ts';
import {
  type KubeletSettings,
  kubeletClient,
  kubeletUnit,
  readKubeletSettings,
} from '../../src/observe/kubelet-settings.ts';
import { directoryFor, put } from './support.ts';

const UNIT = 'usr/lib/systemd/system/kubelet.service';
const DROP_IN = `${UNIT}.d/10-kubeadm.conf`;
/** As kubeadm's package writes it. */
const KUBEADM = `[Service]
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;
const stock = { [UNIT]: '[Service]\nExecStart=/usr/bin/kubelet\n', [DROP_IN]: KUBEADM };
const config = { 'var/lib/kubelet/config.yaml': 'staticPodPath: /from/config\ntlsCertFile: /config.crt\n' };

const CASES: [what: string, files: Record<string, string>, expected: Partial<KubeletSettings>][] = [
  ['nothing', {}, { manifestsDir: '/etc/kubernetes/manifests', certificatesDir: '/var/lib/kubelet/pki' }],
  ['a stock node', { ...stock, ...config }, { manifestsDir: '/from/config', servingCertificate: '/config.crt' }],
  [
    'an environment file of kubeadm',
    {
      ...stock,
      'var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS="--v=2 --cert-dir=/certs --config /k.yaml"\n',
    },
    { certificatesDir: '/certs', configFile: '/k.yaml' },
  ],
  [
    'extra arguments, and a comment',
    {
      ...stock,
      ...config,
      'etc/default/kubelet': '# KUBELET_EXTRA_ARGS=--cert-dir=/no\nKUBELET_EXTRA_ARGS=--pod-manifest-path=/extra\n',
    },
    { manifestsDir: '/extra', certificatesDir: '/var/lib/kubelet/pki' },
  ],
  [
    'a drop-in of the operator comes last, in one word',
    {
      ...stock,
      ...config,
      'etc/systemd/system/kubelet.service.d/20-extra.conf':
        '[Service]\nEnvironment=DIR=/own\nExecStart=\nExecStart=-/usr/bin/kubelet \\\n  --pod-manifest-path=$' +
        '{DIR}/pods --tls-cert-file "/a b.crt"\n',
    },
    { manifestsDir: '/own/pods', servingCertificate: '/a b.crt' },
  ],
  [
    "a drop-in of the same name in /etc takes the place of the package's",
    {
      ...stock,
      'etc/systemd/system/kubelet.service.d/10-kubeadm.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --cert-dir=/etc-wins\n',
    },
    { certificatesDir: '/etc-wins' },
  ],
  [
    'a unit of another name',
    { 'etc/systemd/system/node-agent.service': '[Service]\nExecStart=/opt/bin/kubelet --cert-dir=/named\n' },
    { certificatesDir: '/named' },
  ],
  [
    'a script that starts the kubelet',
    { [UNIT]: '[Service]\nExecStart=/usr/local/bin/start-node --cert-dir=/script\n' },
    { certificatesDir: '/script' },
  ],
  [
    'a unit of the usual name before another',
    {
      'etc/systemd/system/a.service': '[Service]\nExecStart=/opt/bin/kubelet --cert-dir=/other\n',
      [UNIT]: '[Service]\nExecStart=/usr/bin/kubelet --cert-dir=/usual\n',
    },
    { certificatesDir: '/usual' },
  ],
  [
    'what an empty Environment and EnvironmentFile take back',
    {
      ...stock,
      'var/lib/kubelet/kubeadm-flags.env': 'KUBELET_KUBEADM_ARGS=--cert-dir=/no\n',
      'etc/systemd/system/kubelet.service.d/20.conf': '[Service]\nEnvironment=\nEnvironmentFile=\n',
    },
    { certificatesDir: '/var/lib/kubelet/pki' },
  ],
  [
    '--config-dir, of which the last file counts',
    {
      [UNIT]:
        '[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubelet.d\n',
      ...config,
      'etc/kubelet.d/10.conf': 'staticPodPath: /ten\ntlsPrivateKeyFile: /ten.key\n',
      'etc/kubelet.d/20.conf': 'staticPodPath: /twenty\n',
      'etc/kubelet.d/30.yaml': 'staticPodPath: /ignored\n',
    },
    { manifestsDir: '/twenty', servingKey: '/ten.key', servingCertificate: '/config.crt' },
  ],
  [
    'kubeconfigs as kubeadm names them',
    {
      [UNIT]:
        '[Service]\nExecStart=/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/b.conf --kubeconfig=/etc/kubernetes/kubelet.conf\n',
    },
    { kubeconfig: '/etc/kubernetes/kubelet.conf', bootstrapKubeconfig: '/etc/kubernetes/b.conf' },
  ],
];

for (const [what, files, expected] of CASES)
  test(`the kubelet's settings: ${what}`, async (t) => {
    const directory = directoryFor(t);
    for (const [path, text] of Object.entries(files)) put(directory, path, text);
    const root = new Root(directory);
    const unit = await kubeletUnit(root, await listUnits(root));
    const found = await readKubeletSettings(root, unit?.argv ?? []);
    assert.deepEqual({ ...found, ...expected }, found);
  });

const CLIENTS: [what: string, argv: string[], files: string[], bootstrap: string | null][] = [
  ['no bootstrap kubeconfig', [], [], null],
  [
    "kubeadm's bootstrap kubeconfig",
    [],
    ['etc/kubernetes/bootstrap-kubelet.conf'],
    '/etc/kubernetes/bootstrap-kubelet.conf',
  ],
  [
    'another one, which does not exist',
    ['--bootstrap-kubeconfig=/b.conf'],
    ['etc/kubernetes/bootstrap-kubelet.conf'],
    null,
  ],
  ['another one', ['--bootstrap-kubeconfig=/b.conf'], ['b.conf'], '/b.conf'],
];
for (const [what, argv, files, bootstrap] of CLIENTS)
  test(`the kubelet's client certificate: ${what}`, async (t) => {
    const directory = directoryFor(t);
    for (const path of files) put(directory, path, 'x');
    const root = new Root(directory);
    const settings = await readKubeletSettings(root, ['kubelet', '--cert-dir=/certs', '--kubeconfig=/k.conf', ...argv]);
    const rotated = '/certs/kubelet-client-current.pem';
    const client = { kubeconfig: '/k.conf', bootstrap, rotated };
    const rotationOffIn = '/var/lib/kubelet/config.yaml';
    assert.deepEqual(await kubeletClient(root, settings), { ...client, rotationOffIn });
    put(directory, rotationOffIn, 'rotateCertificates: true\n');
    assert.deepEqual(
      await kubeletClient(
        root,
        await readKubeletSettings(root, ['kubelet', '--cert-dir=/certs', '--kubeconfig=/k.conf', ...argv]),
      ),
      client,
    );
  });

test('a flag switches the rotation on, too', async (t) => {
  const root = new Root(directoryFor(t));
  const rotates = async (flag: string) => (await readKubeletSettings(root, ['kubelet', flag])).rotates;
  assert.deepEqual(
    [await rotates('--rotate-certificates'), await rotates('--rotate-certificates=false')],
    [true, false],
  );
});
