import { randomBytes } from 'node:crypto';
import { dynamicCertMode, dynamicCertText } from './dynamic-cert.ts';
import type { K3sLeaf } from './k3s-certificates.ts';
import {
  issueK3sLeaf,
  k3sAgentLeaves,
  k3sAuthorities,
  k3sServerLeaves,
  listenerSans,
  listenerSubject,
} from './k3s-certificates.ts';
import { kubeconfigText } from './kubeconfig-text.ts';
import type { NodeRecord } from './options.ts';
import { k3sFlavour, unitOf } from './options.ts';
import type { Issued } from './pki.ts';
import { issueAuthority, issueCertificate, issueKey } from './pki.ts';
import { put, putDirectory } from './put.ts';

/** The data directory under a root, as K3s and RKE2 have it by default. */
export function k3sDataDirectory(node: NodeRecord): string {
  return `var/lib/rancher/${k3sFlavour(node.kind)}`;
}

/** The administrator's kubeconfig under a root. */
export function k3sKubeconfigPath(node: NodeRecord): string {
  const flavour = k3sFlavour(node.kind)!;
  return `etc/rancher/${flavour}/${flavour}.yaml`;
}

/** Everything that K3s or RKE2 of the node's version leaves on a node that was installed with it. */
export async function layOutK3s(root: string, node: NodeRecord): Promise<void> {
  const data = k3sDataDirectory(node);
  const server = node.kind.endsWith('-server');
  const stamp = Math.floor(node.caStarts / 1000);
  // Some files below are world-readable, but only root can enter the directory.
  if (server) putDirectory(root, `${data}/server`, 0o700);
  const cas = new Map<string, Issued>();
  await Promise.all(
    k3sAuthorities(node).map(async ({ path, name }) => {
      const ca = await issueAuthority({
        commonName: `${name}@${stamp}`,
        notBefore: node.caStarts,
        notAfter: node.caEnds,
      });
      cas.set(path, ca);
      if (server) putPair(root, `${data}/${path}`, ca);
    }),
  );
  const leaves = new Map<string, Issued>();
  const validity = { notBefore: node.caStarts, notAfter: node.leafEnds };
  const issue = async (leaf: K3sLeaf) => {
    const issued = await issueK3sLeaf(leaf, cas.get(leaf.ca)!, validity);
    leaves.set(leaf.path, issued);
    putPair(root, `${data}/${leaf.path}`, issued);
  };
  if (server) await Promise.all(k3sServerLeaves(node).map(issue));
  await Promise.all(k3sAgentLeaves(node).map((leaf) => layOutAgentLeaf(leaf)));
  layOutAgent(root, node, cas);
  if (k3sFlavour(node.kind) === 'k3s') layOutPassword(root, server);
  if (server) await layOutServer(root, node, cas, leaves);
  if (node.disabled.includes('apiserver')) putPair(root, 'run/demo/other-server', await issueOther(node, cas));
  else layOutServersCas(root, cas);

  async function layOutAgentLeaf(leaf: ReturnType<typeof k3sAgentLeaves>[number]): Promise<void> {
    const copied = leaf.ofServer === undefined ? undefined : leaves.get(leaf.ofServer);
    if (copied === undefined) await issue(leaf);
    else putPair(root, `${data}/${leaf.path}`, copied);
    if (server && leaf.serverKey !== undefined) {
      put(root, `${data}/${leaf.serverKey}`, leaves.get(leaf.path)!.keyPem, 0o600);
    }
  }
}

/** By which its server knows the node; that of an agent keeps it on another machine. */
function layOutPassword(root: string, server: boolean): void {
  const password = `${randomBytes(16).toString('hex')}\n`;
  put(root, 'etc/rancher/node/password', password, 0o600);
  if (!server) put(root, 'run/demo/server-ca/node-password', password, 0o600);
}

/** The certificate of another server's kube-apiserver. */
async function issueOther(node: NodeRecord, cas: Map<string, Issued>): Promise<Issued> {
  const leaf = k3sServerLeaves(node).find(({ path }) => path.endsWith('/serving-kube-apiserver'))!;
  return issueK3sLeaf(leaf, cas.get(leaf.ca)!, { notBefore: node.caStarts, notAfter: node.caEnds });
}

async function layOutServer(root: string, node: NodeRecord, cas: Map<string, Issued>, leaves: Map<string, Issued>) {
  const data = k3sDataDirectory(node);
  const flavour = k3sFlavour(node.kind)!;
  const listener = await issueCertificate({
    ca: cas.get('server/tls/server-ca')!,
    subject: listenerSubject(node),
    sans: listenerSans(node),
    usages: ['server'],
    notBefore: node.caStarts,
    notAfter: node.listenerEnds,
  });
  const dynamic = dynamicCertText(flavour, listener, listenerSans(node), 227);
  put(root, `${data}/server/tls/dynamic-cert.json`, dynamic, dynamicCertMode(node.version));
  put(root, `${data}/server/tls/service.key`, await issueKey(node.keys), 0o600);
  for (const [name, text] of k3sCredFiles(node)) put(root, `${data}/server/cred/${name}`, text, 0o644);
  put(root, `${data}/server/cred/ipsec.psk`, `${randomBytes(48).toString('hex')}\n`, 0o600);
  put(root, `${data}/server/cred/passwd`, `${randomBytes(16).toString('hex')},node,node,${flavour}:agent\n`, 0o600);
  if (flavour === 'k3s') put(root, `${data}/server/db/state.db`, '', 0o600);
  put(root, `${data}/server/etc/egress-selector-config.yaml`, egressConfig(node), 0o600);
  // A rehearsal starts what the unit starts.
  const unit = `[Service]\nType=notify\nExecStart=/usr/local/bin/${flavour} server\n`;
  if (node.sandbox) put(root, `etc/systemd/system/${unitOf(node.kind)}.service`, unit, 0o644);
  const admin = leaves.get('server/tls/client-admin')!;
  const ca = cas.get('server/tls/server-ca')!.certificatePem;
  put(root, k3sKubeconfigPath(node), k3sKubeconfig(node, ca, admin), 0o600);
  // RKE2's ports are fixed, so real ones skip both keys; several throw-away nodes on one machine need ports of their own.
  const supervisor = node.ports.supervisor === undefined ? '' : `supervisor-port: ${node.ports.supervisor}\n`;
  const config = `https-listen-port: ${node.ports.api}\n${supervisor}node-name: ${node.nodeName}\nwrite-kubeconfig-mode: "0600"\nkubelet-arg: ["port=${node.ports.kubelet}"]\n${node.disabled.map((part) => `disable-${part}: true\n`).join('')}${node.egress === 'disabled' ? 'egress-selector-mode: disabled\n' : ''}`;
  put(root, `etc/rancher/${flavour}/config.yaml`, config, 0o600);
}

/** How the API server reaches kubelets, as each start writes it. */
function egressConfig(node: NodeRecord): string {
  const tls = `/${k3sDataDirectory(node)}/server/tls`;
  const tlsConfig = {
    caBundle: `${tls}/server-ca.crt`,
    clientKey: `${tls}/client-kube-apiserver.key`,
    clientCert: `${tls}/client-kube-apiserver.crt`,
  };
  const url = `https://127.0.0.1:${node.ports.supervisor ?? node.ports.api}`;
  const connection =
    node.egress === 'disabled'
      ? { proxyProtocol: 'Direct' }
      : { proxyProtocol: 'HTTPConnect', transport: { tcp: { url, tlsConfig } } };
  const egressSelections = [{ name: 'cluster', connection }];
  return `${JSON.stringify({ kind: 'EgressSelectorConfiguration', apiVersion: 'apiserver.k8s.io/v1beta1', egressSelections })}`;
}

/** k3s.yaml: embedded, and everything in it named default. */
export function k3sKubeconfig(node: NodeRecord, caPem: string, credentials: Issued): string {
  return kubeconfigText({
    server: `https://127.0.0.1:${node.ports.api}`,
    ca: { pem: caPem },
    cluster: 'default',
    user: 'default',
    context: 'default',
    credentials,
  });
}

/** The kubeconfigs of the server's own parts: [name, text], with paths as the node sees them. */
export function k3sCredFiles(node: NodeRecord): [string, string][] {
  const flavour = k3sFlavour(node.kind)!;
  const users: [string, string][] = [
    ['admin', 'client-admin'],
    ['api-server', 'client-kube-apiserver'],
    ['cloud-controller', `client-${flavour}-cloud-controller`],
    ['controller', 'client-controller'],
    ['scheduler', 'client-scheduler'],
  ];
  const tls = `/${k3sDataDirectory(node)}/server/tls`;
  return users.map(([name, leaf]) => [
    `${name}.kubeconfig`,
    localKubeconfig(localApi(node), `${tls}/server-ca.crt`, `${tls}/${leaf}`),
  ]);
}

function layOutAgent(root: string, node: NodeRecord, cas: Map<string, Issued>): void {
  const flavour = k3sFlavour(node.kind)!;
  const agent = `${k3sDataDirectory(node)}/agent`;
  put(root, `${agent}/client-ca.crt`, cas.get('server/tls/client-ca')!.certificatePem, 0o644);
  put(root, `${agent}/server-ca.crt`, cas.get('server/tls/server-ca')!.certificatePem, 0o644);
  const users = [
    ['kubelet', 'client-kubelet'],
    ['kubeproxy', 'client-kube-proxy'],
    [`${flavour}controller`, `client-${flavour}-controller`],
  ];
  for (const [name, leaf] of users) {
    put(
      root,
      `${agent}/${name}.kubeconfig`,
      localKubeconfig(localApi(node), `/${agent}/server-ca.crt`, `/${agent}/${leaf}`),
      0o644,
    );
  }
  if (!node.kind.endsWith('-agent')) return;
  const config = `node-name: ${node.nodeName}\nserver: https://127.0.0.1:${node.ports.server}\ntoken: demo-token\nkubelet-arg: ["port=${node.ports.kubelet}"]\n`;
  put(root, `etc/rancher/${flavour}/config.yaml`, config, 0o600);
}

// An agent has no CA key. The key that signs for it plays the server's, and is kept outside the node's own tree.
function layOutServersCas(root: string, cas: Map<string, Issued>): void {
  for (const name of ['client-ca', 'server-ca'])
    putPair(root, `run/demo/server-ca/${name}`, cas.get(`server/tls/${name}`)!);
}

/** Where the node's own parts find the API: K3s's is behind its listener, RKE2's listens by itself. */
function localApi({ kind, ports }: NodeRecord): string {
  const port = k3sFlavour(kind) === 'rke2' ? (ports.api ?? 6443) : (ports.apiInternal ?? 6444);
  return `https://127.0.0.1:${port}`;
}

function localKubeconfig(server: string, ca: string, leaf: string): string {
  return kubeconfigText({
    server,
    ca: { file: ca },
    cluster: 'local',
    user: 'user',
    context: 'Default',
    namespace: 'default',
    credentials: { certificateFile: `${leaf}.crt`, keyFile: `${leaf}.key` },
  });
}

function putPair(root: string, path: string, issued: Issued): void {
  put(root, `${path}.crt`, issued.certificatePem, 0o644);
  put(root, `${path}.key`, issued.keyPem, 0o600);
}
