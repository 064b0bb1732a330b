import type { KubeadmRehearsal, Rehearsal, ServerRehearsal } from '../../domain/model/rehearsal.ts';
import {
  count,
  flag,
  list,
  nodePath,
  number,
  object,
  oneOf,
  orNull,
  type Shape,
  tag,
  text,
  word,
} from '../../host/shape.ts';
import { expectation, healthCheck } from '../steps/step-shapes.ts';

const common = {
  limit: number,
  memory: number,
  certificates: list(expectation),
  authorities: list(object({ path: nodePath, keyPath: nodePath, fingerprint: orNull(text), mustBeRestored: flag })),
};

const server: Shape<ServerRehearsal> = object({
  ...common,
  kind: tag('start'),
  unit: text,
  program: text,
  dataDir: nodePath,
  configDir: nodePath,
  kubeconfig: nodePath,
  datastore: word(['sqlite', 'etcd']),
  health: healthCheck,
  settle: number,
  listener: object({ host: text, port: count, path: nodePath, expect: orNull(expectation) }),
  trigger: orNull(nodePath),
  remove: list(nodePath),
});

const kubeadm: Shape<KubeadmRehearsal> = object({
  ...common,
  kind: tag('command'),
  calls: list(object({ id: text, argv: list(text) })),
  directories: list(nodePath),
});

export const rehearsalShape = oneOf<Rehearsal>('kind', { server, kubeadm } as Record<string, Shape<unknown>> as Record<
  string,
  Shape<Rehearsal>
>);
