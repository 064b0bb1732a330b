import type { ComponentName } from '../domain/model/inventory.ts';
import type { HealthCheck } from '../domain/model/plan.ts';
import type { PodIdentity } from '../domain/model/pod-identity.ts';
import { short } from '../domain/text/printable.ts';
import { programOf } from './container-command.ts';
import { record } from './node-files.ts';
import { portOf } from './port.ts';

export const COMPONENTS: ComponentName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/** Of a pod's identity, what its manifest says. */
export type NamedPod = Pick<PodIdentity, 'namespace' | 'name' | 'containers' | 'uid'>;

/** A static pod of the control plane, as its manifest says. */
export type StaticPod = {
  component: ComponentName;
  /** The node's own path of the manifest. */
  manifest: string;
  /** Further files in the directory that run the same component: the kubelet takes every one of them for a pod. */
  alsoIn: string[];
  names: NamedPod;
  /** By the tag of its image, as "v1.36.3"; null where the tag is no version. */
  version: string | null;
  /** The words after the program's name. */
  arguments: string[];
  /** `--name=value` and `--name value`, the last one wins as in the components themselves. */
  flags: Map<string, string>;
  health: HealthCheck | null;
};

/** null for a pod that is none of the control plane's. */
export function staticPodOf(manifest: string, pod: Record<string, unknown> | null): StaticPod | null {
  for (const container of containersOf(pod)) {
    const found = programOf([...strings(container.command), ...strings(container.args)], COMPONENTS);
    if (found === null) continue;
    return {
      component: found.program,
      manifest,
      alsoIn: [],
      names: namesOf(pod, found.program),
      version: versionOfImage(container.image),
      arguments: found.arguments,
      flags: flagsOf(found.arguments),
      health: healthOf(container),
    };
  }
  return null;
}

/** Where it gives no namespace, the kubelet takes "default". `otherwise`: its name where it gives none. */
export function namesOf(pod: Record<string, unknown> | null, otherwise: string): NamedPod {
  const { name, namespace, uid } = record(pod?.metadata) ?? {};
  return {
    namespace: word(namespace) ?? 'default',
    name: word(name) ?? otherwise,
    containers: containersOf(pod).flatMap((container) => word(container.name) ?? []),
    uid: word(uid),
  };
}

function containersOf(pod: Record<string, unknown> | null): Record<string, unknown>[] {
  const containers = record(pod?.spec)?.containers;
  return (Array.isArray(containers) ? containers : []).map(record).filter((container) => container !== null);
}

/** Registries of distributions add to the tag: "v1.31.4-eks-1". */
function versionOfImage(image: unknown): string | null {
  const tag = typeof image === 'string' ? /:v?(\d+\.\d+\.\d+)[^/@:]*(?:@[^/]*)?$/.exec(image)?.[1] : undefined;
  return tag === undefined ? null : `v${tag}`;
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
  const port = portOfProbe(probe?.port, container.ports);
  if (probe === undefined || port === null) return null;
  const host = typeof probe.host === 'string' && probe.host !== '' ? probe.host : '127.0.0.1';
  return {
    scheme: probe.scheme === 'HTTPS' ? 'https' : 'http',
    host,
    port,
    path: typeof probe.path === 'string' && probe.path.startsWith('/') ? probe.path : '/',
  };
}

function portOfProbe(port: unknown, declared: unknown): number | null {
  const named = (Array.isArray(declared) ? declared : []).map(record).find((entry) => entry?.name === port);
  return portOf(named?.containerPort ?? port);
}

function word(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? short(value, 253) : null;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
