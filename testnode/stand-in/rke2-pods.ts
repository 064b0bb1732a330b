// The static pods of an RKE2 server, which its start replaces one after the other where what they load has changed (read:
// rke2 pkg/podexecutor, pkg/staticpod). Simplified: kube-apiserver and etcd are no pods, but start and stop with the unit;
// nothing starts a pod again that ended by itself.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { k3sDataDirectory } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults, unitOf } from '../options.ts';
import { overwrite } from '../put.ts';
import { isLongRunning } from './k3s-leaves.ts';
import { launch } from './pod.ts';
import { hideProcess, notePod, showProcess, uidOf } from './proc.ts';
import type { ProcessId } from './process.ts';
import { isAlive, log, readJson, signal, sleep, until } from './process.ts';

export type Rke2Pod = { name: string; kubeconfig: string; leaf: string; port: string };

export const RKE2_PODS: Rke2Pod[] = [
  { name: 'kube-controller-manager', kubeconfig: 'controller', leaf: 'client-controller', port: 'controllerManager' },
  { name: 'kube-scheduler', kubeconfig: 'scheduler', leaf: 'client-scheduler', port: 'scheduler' },
];

/** RKE2 looks every 20 seconds whether the previous pod has gone. */
const EACH = 20_000;

/** Replaces the pod unless it runs with the files as they are. */
export async function replacePod(root: string, node: NodeRecord, pod: Rke2Pod): Promise<void> {
  const { name } = pod;
  const first = isLongRunning(root);
  const record = join(root, 'run/demo/pods', `${name}.json`);
  const running = readJson<ProcessId & { uid: string }>(record);
  const command = commandOf(node, pod);
  const manifest = manifestOf(root, node, pod, command);
  const uid = uidOf(node, manifest);
  if (running !== undefined && isAlive(running) && running.uid === uid) return;
  if (readFaults(root).neverComesBack.includes(name)) return;
  if (!first) await sleep(EACH * node.speed);
  if (running !== undefined) {
    signal(running, 'SIGTERM');
    await until(() => !isAlive(running), 5_000);
    hideProcess(root, running.pid);
  }
  const path = join(root, k3sDataDirectory(node), 'agent/pod-manifests');
  for (const directory of [path, join(root, 'run/demo/pods')]) mkdirSync(directory, { recursive: true });
  overwrite(join(path, `${name}.yaml`), manifest, 0o600);
  notePod(root, node, { name, namespace: 'kube-system', container: name }, uid);
  const started = launch(root, { name, command });
  showProcess(root, node, started.pid, uid, first);
  writeFileSync(record, JSON.stringify({ ...started, uid }));
  log(root, unitOf(node.kind), `level=info msg="Started static pod ${name} pid=${started.pid}"`);
}

function commandOf(node: NodeRecord, { name, kubeconfig, port }: Rke2Pod): string[] {
  const file = `/${k3sDataDirectory(node)}/server/cred/${kubeconfig}.kubeconfig`;
  return [name, '--bind-address=127.0.0.1', `--kubeconfig=${file}`, `--secure-port=${node.ports[port]}`];
}

/** The kubelet takes a manifest with another checksum of the files for another pod. */
function manifestOf(root: string, node: NodeRecord, { name, leaf }: Rke2Pod, command: string[]): string {
  const file = join(root, k3sDataDirectory(node), `server/tls/${leaf}.crt`);
  const hash = createHash('sha256')
    .update(existsSync(file) ? readFileSync(file) : '')
    .digest('hex');
  const [program, ...args] = command;
  const container = { name, command: [program], args, env: [{ name: 'FILE_HASH', value: hash }] };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kube-system' },
    spec: { containers: [container], hostNetwork: true },
  });
}
