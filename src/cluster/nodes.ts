import { isIP } from 'node:net';
import { list, object, optional, orNull, readAs, type Shape, text } from '../host/shape.ts';
import type { Api, CallOptions } from './api/api.ts';
import { type ApiResult, problem } from './api/result.ts';
import { isPlausible, type Member, MOST_MEMBERS } from './members-file.ts';

/** An etcd-only server of K3s or RKE2 has the second label alone. */
const SELECTORS = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/etcd'];

export function isServerNode(labels: Readonly<Record<string, string>>): boolean {
  return SELECTORS.some((label) => labels[label] !== undefined);
}

/** The servers of the cluster, as their Nodes say. */
export async function listServers(api: Api, options?: CallOptions): Promise<ApiResult<Member[]>> {
  const members = new Map<string, Member>();
  for (const selector of SELECTORS) {
    const query = `labelSelector=${encodeURIComponent(selector)}&limit=${MOST_MEMBERS + 1}`;
    const answer = await api.get(`/api/v1/nodes?${query}`, options);
    if (!answer.ok) return answer;
    const read = readAs(SHAPE, answer.value);
    if (!read.fits) return nonsense('the answer is not a list of Nodes');
    for (const node of read.value.items ?? []) {
      const member = memberOf(node);
      if (!isPlausible(member)) return nonsense('a Node has a name or an address that cannot be one');
      members.set(member.name, member);
    }
  }
  // Since there is somebody who answers, there is a server.
  if (members.size === 0 || members.size > MOST_MEMBERS)
    return nonsense(`${members.size} control-plane nodes are listed`);
  return { ok: true, value: [...members.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

function memberOf({ metadata, status }: NodeBody): Member {
  const internal = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
  return { name: metadata.name, addresses: internal.map(({ address }) => address).filter((one) => isIP(one) !== 0) };
}

type NodeBody = {
  metadata: { name: string };
  status?: { addresses?: { type: string; address: string }[] | null } | null;
};

const NODE: Shape<NodeBody> = object({
  metadata: object({ name: text }),
  status: optional(orNull(object({ addresses: optional(orNull(list(object({ type: text, address: text })))) }))),
});

const SHAPE: Shape<{ items: NodeBody[] | null }> = object({ items: orNull(list(NODE)) });

function nonsense(what: string): ApiResult<Member[]> {
  return { ok: false, problem: problem('nonsense', what) };
}
