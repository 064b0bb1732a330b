import type { Instant } from '../../domain/model/certificate.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { parsedJson } from '../../host/json.ts';
import { inWords } from './away.ts';
import { type ApiAccess, ask } from './client-counts.ts';

/** A kubelet renews its Lease every 10 s, and its node counts as gone after 40 s. */
const FRESH = 40 * SECOND;

/** What shows that the kubelet of this node does not work, after "waited"; null: nothing. */
export async function kubeletProblem(
  access: ApiAccess,
  { node, now }: { node: string; now: Instant },
): Promise<string | null> {
  const lease = await leaseProblem(access, { node, now });
  if (lease !== null) return lease;
  const kubelet = await ask(access, `/api/v1/nodes/${encodeURIComponent(node)}/proxy/healthz`);
  return kubelet.status === 200 ? null : `for the kubelet to answer through the API server: ${inWords(kubelet)}`;
}

/** The same, of its Lease alone: a kubelet may read its own. */
export async function leaseProblem(
  access: ApiAccess,
  { node, now }: { node: string; now: Instant },
): Promise<string | null> {
  const name = encodeURIComponent(node);
  const lease = await ask(access, `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`);
  if (lease.status !== 200) return `for the Lease of ${node}: ${inWords(lease)}`;
  const renewed = renewTime(lease.text);
  return renewed === null || now - renewed > FRESH ? `for the kubelet to renew the Lease of ${node}` : null;
}

function renewTime(text: string): Instant | null {
  const lease = parsedJson(text) as { spec?: { renewTime?: unknown } } | null | undefined;
  const time = Date.parse(String(lease?.spec?.renewTime));
  return Number.isNaN(time) ? null : time;
}
