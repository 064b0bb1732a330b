import { basename } from 'node:path';
import { explain } from '../domain/model/errors.ts';
import type { ComponentName, Finding, Neighbour } from '../domain/model/inventory.ts';
import type { HealthCheck } from '../domain/model/plan.ts';
import { short } from '../domain/text/printable.ts';
import { parseGoYaml } from '../host/go-yaml.ts';
import type { Root } from '../host/root.ts';
import { programOf } from './container-command.ts';
import { absolute, names, record, text } from './node-files.ts';

export const COMPONENTS: ComponentName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** A static pod of the control plane, as its manifest says. */
export type StaticPod = {
  component: ComponentName;
  /** The node's own path of the manifest. */
  manifest: string;
  /** Further files in the directory that run the same component: the kubelet takes every one of them for a pod. */
  alsoIn: string[];
  /** The words after the program's name. */
  arguments: string[];
  /** `--name=value` and `--name value`, the last one wins as in the components themselves. */
  flags: Map<string, string>;
  health: HealthCheck | null;
};

/** What the manifests directory holds. `findings`: files that neither certagent nor the kubelet can read. */
export type Manifests = { pods: StaticPod[]; neighbours: Neighbour[]; findings: Finding[] };

/** All control-plane static pods of the manifests directory. Dot-files are passed over, as the kubelet does. */
export async function readManifests(root: Root, directory: string): Promise<Manifests> {
  const files = (await names(root, directory)).filter((name) => !name.startsWith('.')).slice(0, 200);
  const pods: StaticPod[] = [];
  const neighbours: Neighbour[] = [];
  const findings: Finding[] = [];
  for (const name of files) {
    const path = `${directory}/${name}`;
    try {
      const content = record(parseGoYaml((await text(root, path)) ?? ''));
      const pod = podOf(path, content);
      if (pod !== null) pods.push(pod);
      else neighbours.push({ pod: nameOf(content) ?? name, manifest: path, mounts: mountsOf(content) });
    } catch (error) {
      findings.push({ path, id: null, owner: 'kubelet', reason: 'bad-manifest', detail: explain(error) });
    }
  }
  return { pods: onePerComponent(pods), neighbours: neighbours.filter(({ mounts }) => mounts.length > 0), findings };
}

function nameOf(pod: Record<string, unknown> | null): string | null {
  const name = record(pod?.metadata)?.name;
  return typeof name === 'string' ? short(name, 253) : null;
}

function mountsOf(pod: Record<string, unknown> | null): string[] {
  const volumes = record(pod?.spec)?.volumes;
  return (Array.isArray(volumes) ? volumes : []).flatMap(
    (volume) => absolute(record(record(volume)?.hostPath)?.path) ?? [],
  );
}

function onePerComponent(pods: StaticPod[]): StaticPod[] {
  return COMPONENTS.flatMap((component) => {
    const all = pods.filter((pod) => pod.component === component);
    const main = all.find(({ manifest }) => basename(manifest) === `${component}.yaml`) ?? all[0];
    if (main === undefined) return [];
    return [{ ...main, alsoIn: all.filter((pod) => pod !== main).map(({ manifest }) => manifest) }];
  });
}

function podOf(manifest: string, pod: Record<string, unknown> | null): StaticPod | null {
  const containers = record(pod?.spec)?.containers;
  for (const item of Array.isArray(containers) ? containers : []) {
    const container = record(item);
    const command = [...strings(container?.command), ...strings(container?.args)];
    const found = programOf(command, COMPONENTS);
    if (container === null || found === null) continue;
    return {
      component: found.program,
      manifest,
      alsoIn: [],
      arguments: found.arguments,
      flags: flagsOf(found.arguments),
      health: healthOf(container),
    };
  }
  return null;
}

export function flagsOf(argv: string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const [index, word] of argv.entries()) {
    const match = /^--?([A-Za-z][A-Za-z0-9-]*)(?:=(.*))?$/s.exec(word);
    if (match === null) continue;
    const next = argv[index + 1];
    flags.set(match[1]!, match[2] ?? (next === undefined || next.startsWith('-') ? 'true' : next));
  }
  return flags;
}

/** The liveness probe: what the kubelet itself asks. Newer kubeadm names the port and declares it at the container. */
function healthOf(container: Record<string, unknown>): HealthCheck | null {
  const probe = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const get = record(record(container[name])?.httpGet);
    return get === null ? [] : [get];
  })[0];
  const port = portOf(probe?.port, container.ports);
  if (probe === undefined || port === null) return null;
  const host = typeof probe.host === 'string' && probe.host !== '' ? probe.host : '127.0.0.1';
  return {
    scheme: probe.scheme === 'HTTPS' ? 'https' : 'http',
    host,
    port,
    path: typeof probe.path === 'string' && probe.path.startsWith('/') ? probe.path : '/',
  };
}

function portOf(port: unknown, declared: unknown): number | null {
  const named = (Array.isArray(declared) ? declared : []).map(record).find((entry) => entry?.name === port);
  const number = Number(named?.containerPort ?? port);
  return Number.isInteger(number) && number > 0 && number < 65_536 ? number : null;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
