import type { ListedNode } from '../domain/cluster/cluster-report.ts';
import type { Root } from '../host/root.ts';
import { byName, list, object, optional, orNull, readAs, type Shape, text } from '../host/shape.ts';
import { makeAccessReader } from './api/access.ts';
import { type Api, makeApi } from './api/api.ts';
import { type ApiResult, problem } from './api/result.ts';
import { readLease } from './lease-object.ts';
import { isPlausible } from './members-file.ts';
import { isServerNode } from './nodes.ts';

/** Of a Node with many images and volumes, its metadata is a tenth. An API that does not know this answers with whole Nodes. */
const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
/** Nodes in one answer, and answers: Kubernetes itself is made for 5,000 nodes. */
const PAGE = 100;
const MOST_PAGES = 100;

export type Listed = { nodes: ListedNode[]; holder: string | null };

/** Every Node with its annotations, and who holds the Lease. */
export async function listCluster(root: Root, kubeconfig: string, signal?: AbortSignal): Promise<ApiResult<Listed>> {
  const api = makeApi({ access: makeAccessReader(root, kubeconfig), peers: () => [] });
  const nodes = await listNodes(api, signal);
  if (!nodes.ok) return nodes;
  const lease = await readLease(api, { signal });
  const holder = lease.state === 'read' ? lease.record.holder : null;
  return { ok: true, value: { nodes: nodes.value, holder } };
}

async function listNodes(api: Api, signal: AbortSignal | undefined): Promise<ApiResult<ListedNode[]>> {
  const nodes: ListedNode[] = [];
  let next: string | null = '';
  for (let pages = 0; next !== null && pages < MOST_PAGES; pages += 1) {
    const more: string = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const answer = await api.get(`/api/v1/nodes?limit=${PAGE}${more}`, { signal, accept: METADATA });
    if (!answer.ok) return answer;
    const read = readAs(SHAPE, answer.value);
    if (!read.fits) return { ok: false, problem: problem('nonsense', 'the answer is not a list of Nodes') };
    const items = (read.value.items ?? []).filter(({ metadata: { name } }) => isPlausible({ name, addresses: [] }));
    nodes.push(
      ...items.map(({ metadata: { name, labels, annotations } }) => ({
        name,
        isServer: isServerNode(labels ?? {}),
        annotations: annotations ?? {},
      })),
    );
    next = read.value.metadata?.continue || null;
  }
  return { ok: true, value: nodes };
}

type Item = {
  metadata: { name: string; labels?: Record<string, string> | null; annotations?: Record<string, string> | null };
};

const SHAPE: Shape<{ metadata?: { continue?: string } | null; items: Item[] | null }> = object({
  metadata: optional(orNull(object({ continue: optional(text) }))),
  items: orNull(
    list(
      object({
        metadata: object({
          name: text,
          labels: optional(orNull(byName(text))),
          annotations: optional(orNull(byName(text))),
        }),
      }),
    ),
  ),
});
