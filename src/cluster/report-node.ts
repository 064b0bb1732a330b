import type { NodeEvent } from '../domain/cluster/node-events.ts';
import type { NodeLine } from '../domain/cluster/node-line.ts';
import type { ServingRequest } from '../domain/cluster/serving-requests.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Root } from '../host/root.ts';
import { makeAccessReader } from './api/access.ts';
import { makeApi } from './api/api.ts';
import { readServingRequests, writeEvent, writeLine } from './node-object.ts';
import type { OwnNode } from './own-node.ts';

/** `requests` null: they are not known. `failed`: what the API did not take, for the log; null: it took everything. */
export type Reported = { sent: string[]; requests: ServingRequest[] | null; failed: string | null };

/** Writes to the API what a check of this node has found. Never throws: nothing of a renewal depends on it. */
export async function reportNode(
  root: Root,
  { name, kubeconfig }: OwnNode,
  { line, events, now }: { line: NodeLine; events: NodeEvent[]; now: Instant },
  signal: AbortSignal,
): Promise<Reported> {
  const api = makeApi({ access: makeAccessReader(root, kubeconfig), peers: () => [] });
  const written = await writeLine(api, name, line, { signal });
  // An API that is away, or does not know the kubelet, takes nothing else either.
  if (!written.ok) return { sent: [], requests: null, failed: written.problem.detail };
  const sent: string[] = [];
  let failed: string | null = null;
  for (const event of events) {
    const answer = await writeEvent(api, name, event, now, { signal });
    if (answer.ok) sent.push(event.key);
    else failed = answer.problem.detail;
  }
  const requests = await readServingRequests(api, name, { signal });
  return { sent, requests: requests.ok ? requests.value : null, failed };
}
