// Stand-in for the kubelet: runs the static pods of its manifests directory. Simplified: a pod is one process, the
// first container; no probes are made, so a component that hangs is not restarted; the pod's UID is a checksum of the
// file (the real one takes the decoded pod). As with a container runtime, pods outlive the kubelet.
import type { FSWatcher } from 'node:fs';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { parseYaml } from '../../src/host/yaml.ts';
import { type NodeRecord, readFaults, readNodeRecord } from '../options.ts';
import { refuse } from './answers.ts';
import { LONG_RUNNING } from './k3s-leaves.ts';
import { useClientCertificate } from './kubelet-client.ts';
import type { PodSpec } from './pod.ts';
import { Pod, podsBefore } from './pod.ts';
import { uidOf } from './proc.ts';
import { log, stay } from './process.ts';
import { tellReady } from './units.ts';

type KubeletConfig = { staticPodPath?: string; port?: number; healthzPort?: number };

export async function kubelet(root: string, words: string[]): Promise<void> {
  const node = readNodeRecord(root);
  if (words.includes('--version')) return void process.stdout.write(`Kubernetes ${node.version}\n`);
  stay(root, 'kubelet');
  const why = existsSync(join(root, LONG_RUNNING)) ? undefined : whyNotStarted(root);
  if (why !== undefined) {
    log(root, 'kubelet', `"command failed" err="failed to run Kubelet: ${why}"`);
    process.exit(1);
  }
  process.on('SIGTERM', () => process.exit(0));
  const config = parseYaml(readFileSync(join(root, 'var/lib/kubelet/config.yaml'), 'utf8')) as KubeletConfig;
  serve(root, config);
  const pods = podsBefore(root, node);
  let watcher: FSWatcher | undefined;
  const look = () => {
    if (readFaults(root).kubelet === 'idle') return;
    const manifests = join(root, manifestsFlag(root) ?? config.staticPodPath ?? '/etc/kubernetes/manifests');
    if (watcher === undefined && existsSync(manifests)) {
      // A watch dies with its directory: the next periodic look makes a new one.
      // A directory that is moved away as a whole is noticed by the periodic look only.
      watcher = watch(manifests, () => existsSync(manifests) && look()).on('error', () => {
        watcher = undefined;
      });
    }
    const wanted = readManifests(root, node, manifests);
    for (const file of new Set([...pods.keys(), ...wanted.keys()])) {
      const spec = wanted.get(file);
      if (spec === 'unreadable') continue;
      if (!pods.has(file)) pods.set(file, new Pod(root, node, file));
      pods.get(file)!.want(spec ?? null);
    }
  };
  look();
  setInterval(look, Math.max(20_000 * node.speed, 100));
  log(root, 'kubelet', `Started kubelet pid=${process.pid}`);
  tellReady(root, 'kubelet');
}

function whyNotStarted(root: string): string | undefined {
  return readFaults(root).kubelet === 'exits' ? 'the fault "exits"' : useClientCertificate(root);
}

// A real kubelet must be restarted to take another flag; this one reads it at every look.
function manifestsFlag(root: string): string | undefined {
  const directory = join(root, 'etc/systemd/system/kubelet.service.d');
  const dropIns = existsSync(directory) ? readdirSync(directory).sort() : [];
  const flags = dropIns.map(
    (name) => /--pod-manifest-path=(\S+)/.exec(readFileSync(join(directory, name), 'utf8'))?.[1],
  );
  return flags.findLast((flag) => flag !== undefined);
}

// Every file whose name does not begin with a dot is a pod, whatever its extension: a backup left there runs.
function readManifests(root: string, node: NodeRecord, directory: string): Map<string, PodSpec | 'unreadable'> {
  const found = new Map<string, PodSpec | 'unreadable'>();
  for (const file of existsSync(directory) ? readdirSync(directory).sort() : []) {
    const path = join(directory, file);
    if (file.startsWith('.') || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    try {
      const text = readFileSync(path, 'utf8');
      found.set(file, { ...readPod(text), uid: uidOf(node, text) });
    } catch (error) {
      found.set(file, 'unreadable');
      log(root, 'kubelet', `Could not process manifest file path=${path} err=${(error as Error).message}`);
    }
  }
  return found;
}

type Manifest = {
  metadata: { name: string; namespace?: string };
  spec: { containers: { name?: string; command?: string[]; args?: string[] }[] };
};

function readPod(text: string): Omit<PodSpec, 'uid'> {
  const pod = parseYaml(text) as Manifest | null;
  const { command = [], args = [], name: container } = pod?.spec?.containers?.[0] ?? {};
  if (container === undefined && command.length === 0) throw new Error('no container with a name or a command');
  const { name, namespace } = pod!.metadata;
  // Where it names no command, that of its image runs.
  const words = [...(command.length === 0 ? [container!] : command), ...args];
  return { name, namespace: namespace ?? 'default', container: container ?? name, command: becomes(words) };
}

// `sh -c "exec PROGRAM …"`: the container's process is the program. Other scripts do not run here.
function becomes(command: string[]): string[] {
  const script = /^(?:\/bin\/)?sh$/.test(command[0]!) && command[1] === '-c' ? command[2] : undefined;
  return script === undefined
    ? command
    : script
        .replace(/^exec\s+/, '')
        .trim()
        .split(/\s+/);
}

// 10250 with the kubelet's own certificate, where every request needs credentials; 10248 for its health.
function serve(root: string, config: KubeletConfig): void {
  const pki = join(root, 'var/lib/kubelet/pki');
  const files = { cert: readFileSync(join(pki, 'kubelet.crt')), key: readFileSync(join(pki, 'kubelet.key')) };
  const failed = (error: Error) => log(root, 'kubelet', `Failed to listen err=${error.message}`);
  createHttpsServer(files, (_request, response) => refuse(response))
    .on('error', failed)
    .listen(config.port, '127.0.0.1');
  // Its main loop does not run: the real one answers so after a while.
  const isIdle = () => readFaults(root).kubelet === 'idle';
  createHttpServer((_request, response) => response.writeHead(isIdle() ? 500 : 200).end(isIdle() ? 'not ok' : 'ok'))
    .on('error', failed)
    .listen(config.healthzPort, '127.0.0.1');
  mkdirSync(join(root, 'run/demo/pods'), { recursive: true });
}
