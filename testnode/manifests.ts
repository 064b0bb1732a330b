// The static pods' manifests as kubeadm writes them, with the node's own ports.
import type { NodeRecord } from './options.ts';
import { put } from './put.ts';

type Pod = {
  name: string;
  annotations?: Record<string, string>;
  command: string[];
  image: string;
  cpu: string;
  probes: Record<'livenessProbe' | 'readinessProbe' | 'startupProbe', Probe | undefined>;
  volumes: { name: string; path: string; type: 'DirectoryOrCreate' | 'FileOrCreate'; readOnly: boolean }[];
};

type Probe = {
  path: string;
  port: number;
  scheme: 'HTTP' | 'HTTPS';
  failureThreshold: number;
  period: number;
  host: string;
};

export function writeManifests(root: string, node: NodeRecord): void {
  const externalEtcd = node.kind === 'kubeadm-external-etcd';
  const pods = [kubeApiserver(node, externalEtcd), controllerManager(node), scheduler(node)];
  if (!externalEtcd) pods.push(etcd(node));
  for (const pod of pods) put(root, `etc/kubernetes/manifests/${pod.name}.yaml`, manifestText(pod), 0o600);
}

function kubeApiserver({ ports, version, cluster }: NodeRecord, externalEtcd: boolean): Pod {
  const pki = '/etc/kubernetes/pki';
  const address = cluster?.address ?? '127.0.0.1';
  const etcdFiles = externalEtcd
    ? {
        ca: `${pki}/external-etcd/ca.crt`,
        crt: `${pki}/external-etcd/client.crt`,
        key: `${pki}/external-etcd/client.key`,
      }
    : { ca: `${pki}/etcd/ca.crt`, crt: `${pki}/apiserver-etcd-client.crt`, key: `${pki}/apiserver-etcd-client.key` };
  return {
    name: 'kube-apiserver',
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${address}:${ports.apiserver}` },
    image: `registry.k8s.io/kube-apiserver:${version}`,
    cpu: '250m',
    command: [
      'kube-apiserver',
      `--advertise-address=${address}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      ...(cluster === null ? [] : [`--bind-address=${address}`]),
      `--client-ca-file=${pki}/ca.crt`,
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      `--etcd-cafile=${etcdFiles.ca}`,
      `--etcd-certfile=${etcdFiles.crt}`,
      `--etcd-keyfile=${etcdFiles.key}`,
      `--etcd-servers=https://127.0.0.1:${ports.etcd}`,
      `--kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${pki}/apiserver-kubelet-client.key`,
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
      `--proxy-client-key-file=${pki}/front-proxy-client.key`,
      '--requestheader-allowed-names=front-proxy-client',
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
      `--secure-port=${ports.apiserver}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${pki}/sa.pub`,
      `--service-account-signing-key-file=${pki}/sa.key`,
      '--service-cluster-ip-range=10.96.0.0/12',
      `--tls-cert-file=${pki}/apiserver.crt`,
      `--tls-private-key-file=${pki}/apiserver.key`,
    ],
    probes: {
      livenessProbe: probe('/livez', ports.apiserver!, 'HTTPS', 8, 10, address),
      readinessProbe: probe('/readyz', ports.apiserver!, 'HTTPS', 3, 1, address),
      startupProbe: probe('/livez', ports.apiserver!, 'HTTPS', 24, 10, address),
    },
    volumes: [
      directory('ca-certs', '/etc/ssl/certs'),
      directory('etc-ca-certificates', '/etc/ca-certificates'),
      directory('k8s-certs', pki),
    ],
  };
}

function etcd({ ports, version, nodeName }: NodeRecord): Pod {
  const pki = '/etc/kubernetes/pki/etcd';
  const client = `https://127.0.0.1:${ports.etcd}`;
  const peer = `https://127.0.0.1:${ports.etcdPeer}`;
  // From v1.31 on kubeadm asks the two probes of their own; before that, it probed /health for both.
  const newer = /^v1\.(\d+)/.exec(version)?.[1] ?? '0';
  const [live, ready] = Number(newer) >= 31 ? ['/livez', '/readyz'] : ['/health?exclude=NOSPACE&serializable=true', ''];
  return {
    name: 'etcd',
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': client },
    image: `registry.k8s.io/etcd:${Number(newer) >= 34 ? '3.6.5-0' : '3.5.15-0'}`,
    cpu: '100m',
    command: [
      'etcd',
      `--advertise-client-urls=${client}`,
      `--cert-file=${pki}/server.crt`,
      '--client-cert-auth=true',
      '--data-dir=/var/lib/etcd',
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=${nodeName}=${peer}`,
      `--key-file=${pki}/server.key`,
      `--listen-client-urls=${client}`,
      `--listen-metrics-urls=http://127.0.0.1:${ports.etcdMetrics}`,
      `--listen-peer-urls=${peer}`,
      `--name=${nodeName}`,
      `--peer-cert-file=${pki}/peer.crt`,
      '--peer-client-cert-auth=true',
      `--peer-key-file=${pki}/peer.key`,
      `--peer-trusted-ca-file=${pki}/ca.crt`,
      '--snapshot-count=10000',
      `--trusted-ca-file=${pki}/ca.crt`,
    ],
    probes: {
      livenessProbe: probe(live!, ports.etcdMetrics!, 'HTTP', 8, 10),
      readinessProbe: ready === '' ? undefined : probe(ready!, ports.etcdMetrics!, 'HTTP', 3, 1),
      startupProbe: probe(ready === '' ? live! : ready!, ports.etcdMetrics!, 'HTTP', 24, 10),
    },
    volumes: [
      { ...directory('etcd-certs', pki), readOnly: false },
      { ...directory('etcd-data', '/var/lib/etcd'), readOnly: false },
    ],
  };
}

function controllerManager({ ports, version }: NodeRecord): Pod {
  const pki = '/etc/kubernetes/pki';
  const kubeconfig = '/etc/kubernetes/controller-manager.conf';
  return {
    name: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${version}`,
    cpu: '200m',
    command: [
      'kube-controller-manager',
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--client-ca-file=${pki}/ca.crt`,
      '--cluster-name=kubernetes',
      `--cluster-signing-cert-file=${pki}/ca.crt`,
      `--cluster-signing-key-file=${pki}/ca.key`,
      '--controllers=*,bootstrapsigner,tokencleaner',
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=true',
      `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
      `--root-ca-file=${pki}/ca.crt`,
      `--secure-port=${ports.controllerManager}`,
      `--service-account-private-key-file=${pki}/sa.key`,
      '--use-service-account-credentials=true',
    ],
    probes: {
      livenessProbe: probe('/healthz', ports.controllerManager!, 'HTTPS', 8, 10),
      readinessProbe: undefined,
      startupProbe: probe('/healthz', ports.controllerManager!, 'HTTPS', 24, 10),
    },
    volumes: [
      directory('ca-certs', '/etc/ssl/certs'),
      directory('k8s-certs', pki),
      { name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true },
    ],
  };
}

function scheduler({ ports, version }: NodeRecord): Pod {
  const kubeconfig = '/etc/kubernetes/scheduler.conf';
  return {
    name: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${version}`,
    cpu: '100m',
    command: [
      'kube-scheduler',
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=true',
      `--secure-port=${ports.scheduler}`,
    ],
    probes: {
      livenessProbe: probe('/healthz', ports.scheduler!, 'HTTPS', 8, 10),
      readinessProbe: undefined,
      startupProbe: probe('/healthz', ports.scheduler!, 'HTTPS', 24, 10),
    },
    volumes: [{ name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true }],
  };
}

function probe(
  path: string,
  port: number,
  scheme: Probe['scheme'],
  failureThreshold: number,
  period: number,
  host = '127.0.0.1',
): Probe {
  return { path, port, scheme, failureThreshold, period, host };
}

function directory(name: string, path: string): Pod['volumes'][number] {
  return { name, path, type: 'DirectoryOrCreate', readOnly: true };
}

function manifestText(pod: Pod): string {
  const annotations = Object.entries(pod.annotations ?? {}).map(([key, value]) => `    ${key}: ${value}\n`);
  const probes = Object.entries(pod.probes).flatMap(([name, probe]) =>
    probe === undefined ? [] : [[name, probe]],
  ) as [string, Probe][];
  return `apiVersion: v1
kind: Pod
metadata:
${annotations.length === 0 ? '' : `  annotations:\n${annotations.join('')}`}  creationTimestamp: null
  labels:
    component: ${pod.name}
    tier: control-plane
  name: ${pod.name}
  namespace: kube-system
spec:
  containers:
  - command:
${pod.command.map((argument) => `    - ${argument}\n`).join('')}    image: ${pod.image}
    imagePullPolicy: IfNotPresent
${probes.map(([name, probe]) => probeText(name, probe)).join('')}    name: ${pod.name}
    resources:
      requests:
        cpu: ${pod.cpu}
    volumeMounts:
${pod.volumes.map((volume) => `    - mountPath: ${volume.path}\n      name: ${volume.name}\n${volume.readOnly ? '      readOnly: true\n' : ''}`).join('')}  hostNetwork: true
  priority: 2000001000
  priorityClassName: system-node-critical
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  volumes:
${pod.volumes.map((volume) => `  - hostPath:\n      path: ${volume.path}\n      type: ${volume.type}\n    name: ${volume.name}\n`).join('')}status: {}
`;
}

function probeText(name: string, probe: Probe): string {
  return `    ${name}:
      failureThreshold: ${probe.failureThreshold}
      httpGet:
        host: ${probe.host}
        path: ${probe.path}
        port: ${probe.port}
        scheme: ${probe.scheme}
${name === 'readinessProbe' ? '' : '      initialDelaySeconds: 10\n'}      periodSeconds: ${probe.period}
      timeoutSeconds: 15
`;
}
