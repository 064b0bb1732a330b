// Stand-in for the kubelet: runs the static pods of its manifests directory. Simplified: a pod is one process, the
// control plane's component; no probes are made, so a component that hangs is not restarted; the pod's identity is the
// hash of the file (the real one hashes the decoded pod). As with a container runtime, pods outlive the kubelet.
import { createHash } from 'node:crypto';
import type { FSWatcher } from 'node:fs';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { join } from 'node:path';
import { parseYaml } from '../../src/host/yaml.ts';
import { readFaults, readNodeRecord } from '../options.ts';
import { refuse } from './answers.ts';
import type { PodSpec } from './pod.ts';
import { Pod, podsBefore } from './pod.ts';
import { log, stay } from './process.ts';
import { tellReady } from './units.ts';

type KubeletConfig = { staticPodPath?: string; port?: number; healthzPort?: number };

export async function kubelet(root: string, words: string[]): Promise<void> {
  const node = readNodeRecord(root);
  if (words.includes('--version')) return void process.stdout.write(`Kubernetes ${node.version}\n`);
  stay(root, 'kubelet');
  process.on('SIGTERM', () => process.exit(0));
  const config = parseYaml(readFileSync(join(root, 'var/lib/kubelet/config.yaml'), 'utf8')) as KubeletConfig;
  serve(root, config);
  const manifests = join(root, config.staticPodPath ?? '/etc/kubernetes/manifests');
  const pods = podsBefore(root, node);
  let watcher: FSWatcher | undefined;
  const look = () => {
    if (readFaults(root).kubelet === 'idle') return;
    if (watcher === undefined && existsSync(manifests)) {
      // A watch dies with its directory: the next periodic look makes a new one.
      watcher = watch(manifests, look).on('error', () => {
        watcher = undefined;
      });
    }
    const wanted = readManifests(root, manifests);
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

// Every file whose name does not begin with a dot is a pod, whatever its extension: a backup left there runs.
function readManifests(root: string, directory: string): Map<string, PodSpec | 'unreadable'> {
  const found = new Map<string, PodSpec | 'unreadable'>();
  for (const file of existsSync(directory) ? readdirSync(directory).sort() : []) {
    const path = join(directory, file);
    if (file.startsWith('.') || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
    try {
      const text = readFileSync(path, 'utf8');
      found.set(file, { ...readPod(text), hash: createHash('sha256').update(text).digest('hex') });
    } catch (error) {
      found.set(file, 'unreadable');
      log(root, 'kubelet', `Could not process manifest file path=${path} err=${(error as Error).message}`);
    }
  }
  return found;
}

type Manifest = {
  metadata: { name: string; annotations?: Record<string, string> };
  spec: { containers: { command: string[] }[] };
};

function readPod(text: string): Omit<PodSpec, 'hash'> {
  const pod = parseYaml(text) as Manifest | null;
  const command = pod?.spec?.containers?.[0]?.command;
  if (!Array.isArray(command) || command.length === 0) throw new Error('no container with a command');
  return { name: pod!.metadata.name, command: becomes(command) };
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
  createHttpServer((_request, response) => response.end('ok'))
    .on('error', failed)
    .listen(config.healthzPort, '127.0.0.1');
  mkdirSync(join(root, 'run/demo/pods'), { recursive: true });
}
