import { DISTRIBUTION_NAMES, type Distribution } from '../../domain/distributions/names.ts';
import type { ComponentName, Endpoint } from '../../domain/model/inventory.ts';
import type { Expectation, HealthCheck, ServedExpectation } from '../../domain/model/plan.ts';
import type { PodIdentity } from '../../domain/model/pod-identity.ts';
import {
  count,
  instant,
  list,
  nodePath,
  number,
  object,
  optional,
  orNull,
  type Shape,
  tag,
  text,
  word,
  wordOf,
} from '../../host/shape.ts';
import { RESTART_METHODS } from '../components/restart-methods.ts';

// Shapes that several kinds of steps share.

export const COMPONENTS: Record<ComponentName, true> = {
  etcd: true,
  'kube-apiserver': true,
  'kube-controller-manager': true,
  'kube-scheduler': true,
};

/** Endpoints that have a distribution's name are added to these, so that the compiler demands all others. */
const NAMED: Record<Exclude<Endpoint['name'], OfDistribution>, true> = {
  ...COMPONENTS,
  'etcd-peer': true,
  kubelet: true,
};
type OfDistribution = Distribution | `${Distribution}-supervisor`;

const ENDPOINTS = {
  ...NAMED,
  ...Object.fromEntries(DISTRIBUTION_NAMES.flatMap((name) => [name, `${name}-supervisor`]).map((name) => [name, true])),
} as Record<Endpoint['name'], true>;

const endpointMembers = { name: wordOf(ENDPOINTS), host: text, port: count, expects: text };
export const endpoint: Shape<Endpoint> = object(endpointMembers);

export const servedEndpoints: Shape<ServedExpectation[]> = list(
  object({
    ...endpointMembers,
    path: nodePath,
    client: optional(object({ certificatePath: nodePath, keyPath: nodePath })),
  }),
);

export const healthCheck: Shape<HealthCheck> = object({
  scheme: word(['http', 'https']),
  host: text,
  port: count,
  path: nodePath,
});
export const health: Shape<HealthCheck | null> = orNull(healthCheck);

export const expectation: Shape<Expectation> = object({
  id: text,
  path: nodePath,
  keyPath: nodePath,
  caPath: orNull(nodePath),
  old: orNull(
    object({
      serial: text,
      notAfter: instant,
      sans: list(text),
      usages: list(text),
      subject: text,
      organizations: optional(list(text)),
      keyType: optional(text),
      granted: optional(number),
    }),
  ),
});

export const podIdentity: Shape<PodIdentity> = object({
  namespace: text,
  name: text,
  containers: list(text),
  uid: orNull(text),
  logsDir: nodePath,
  rootDir: nodePath,
});

export const restart = object({
  kind: tag('cycle'),
  component: wordOf(COMPONENTS),
  manifest: nodePath,
  method: wordOf(RESTART_METHODS),
  processArguments: list(text),
  pod: optional(podIdentity),
  killAfter: optional(number),
  kubelet: optional(healthCheck),
  health,
  limit: number,
});
