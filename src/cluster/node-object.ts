import { createHash } from 'node:crypto';
import type { NodeEvent } from '../domain/cluster/node-events.ts';
import { changedAnnotations, type NodeLine } from '../domain/cluster/node-line.ts';
import { SERVING_SIGNER, type ServingRequest } from '../domain/cluster/serving-requests.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { byName, list, object, optional, orNull, readAs, type Shape, text } from '../host/shape.ts';
import type { Api, CallOptions } from './api/api.ts';
import { CSRS } from './api/csrs.ts';
import { type ApiResult, problem } from './api/result.ts';
import { isPlausible } from './members-file.ts';

/** Annotates this node's Node where that changes something. */
export async function writeLine(
  api: Api,
  name: string,
  line: NodeLine,
  options?: CallOptions,
): Promise<ApiResult<'written' | 'same'>> {
  const path = `/api/v1/nodes/${name}`;
  const there = await api.get(path, options);
  if (!there.ok) return there;
  const read = readAs(NODE, there.value);
  if (!read.fits || read.value.metadata.name !== name) return nonsense('the answer is not this Node');
  const annotations = changedAnnotations(read.value.metadata.annotations ?? {}, line);
  if (annotations === null) return { ok: true, value: 'same' };
  const written = await api.patch(path, { metadata: { annotations } }, options);
  return written.ok ? { ok: true, value: 'written' } : written;
}

/**
 * Its name says what has happened: one that exists already, from before a restart of certagent, is refused by the API and is as good
 * as written.
 */
export async function writeEvent(
  api: Api,
  node: string,
  { key, reason, type, message }: NodeEvent,
  now: Instant,
  options?: CallOptions,
): Promise<ApiResult<null>> {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  const name = `${node}.${createHash('sha256').update(`certagent ${key}`).digest('hex').slice(0, 16)}`;
  const answer = await api.post(
    '/api/v1/namespaces/default/events',
    {
      apiVersion: 'v1',
      kind: 'Event',
      // An Event about a Node, which has no namespace, is in this one; the kubelet puts the name in the place of the uid.
      metadata: { name, namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: node },
      ...{ reason, type, message, count: 1, firstTimestamp: time, lastTimestamp: time },
      source: { component: 'certagent', host: node },
      ...{ reportingComponent: 'certagent', reportingInstance: node },
    },
    options,
  );
  return answer.ok || answer.problem.kind === 'conflict' ? { ok: true, value: null } : answer;
}

/** What the kubelet of this node has asked for and nobody has decided, the newest last. */
export async function readServingRequests(
  api: Api,
  node: string,
  options?: CallOptions,
): Promise<ApiResult<ServingRequest[]>> {
  const query = `fieldSelector=${encodeURIComponent(`spec.signerName=${SERVING_SIGNER}`)}&limit=${MOST_REQUESTS}`;
  const answer = await api.get(`${CSRS}?${query}`, options);
  if (!answer.ok) return answer;
  const read = readAs(REQUESTS, answer.value);
  if (!read.fits) return nonsense('the answer is not a list of certificate signing requests');
  const own = (read.value.items ?? []).filter(
    ({ metadata, spec, status }) =>
      spec.signerName === SERVING_SIGNER &&
      spec.username === `system:node:${node}` &&
      (status?.conditions ?? []).length === 0 &&
      isPlausible({ name: metadata.name, addresses: [] }),
  );
  const requests = own.map(({ metadata }) => ({ name: metadata.name, createdAt: metadata.creationTimestamp ?? '' }));
  return { ok: true, value: requests.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)) };
}

/** Of all nodes: they are gone a day after they were made (kube-controller-manager). */
const MOST_REQUESTS = 300;

const NODE: Shape<{ metadata: { name: string; annotations?: Record<string, string> | null } }> = object({
  metadata: object({ name: text, annotations: optional(orNull(byName(text))) }),
});

type Request = {
  metadata: { name: string; creationTimestamp?: string | null };
  spec: { signerName: string; username?: string };
  status?: { conditions?: { type: string }[] | null } | null;
};

const REQUESTS: Shape<{ items: Request[] | null }> = object({
  items: orNull(
    list(
      object({
        metadata: object({ name: text, creationTimestamp: optional(orNull(text)) }),
        spec: object({ signerName: text, username: optional(text) }),
        status: optional(orNull(object({ conditions: optional(orNull(list(object({ type: text })))) }))),
      }),
    ),
  ),
});

function nonsense(what: string): ApiResult<never> {
  return { ok: false, problem: problem('nonsense', what) };
}
