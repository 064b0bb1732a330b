import type { Config } from '../config/schema.ts';
import { type ClusterReport, clusterReport } from '../domain/cluster/cluster-report.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { SECOND } from '../domain/time/duration.ts';
import type { Root } from '../host/root.ts';
import type { View } from './view.ts';

/** Milliseconds for all pages of the answer. */
const LIMIT = 30 * SECOND;

/** Every node of the cluster, as the API has what certagent wrote there. Throws CertagentError CLUSTER_UNSEEN. */
export async function clusterStatus(root: Root, config: Config, view: View, now: Instant): Promise<ClusterReport> {
  const kubeconfig = config.cluster.kubeconfig ?? view.inventory.node.paths.adminKubeconfig;
  if (kubeconfig === null)
    throw new CertagentError('CLUSTER_UNSEEN', "this node has no administrator's kubeconfig to ask the API with", {
      remedy: 'Run certagent status --cluster on a server of the cluster, or name a kubeconfig as cluster.kubeconfig.',
    });
  const { listCluster } = await import('../cluster/list-cluster.ts');
  const listed = await listCluster(root, kubeconfig, AbortSignal.timeout(LIMIT));
  if (!listed.ok)
    throw new CertagentError('CLUSTER_UNSEEN', `the nodes of the cluster cannot be listed: ${listed.problem.detail}`, {
      remedy: `Check that the API answers: kubectl --kubeconfig ${kubeconfig} get nodes`,
    });
  return clusterReport(listed.value.nodes, listed.value.holder, now);
}
