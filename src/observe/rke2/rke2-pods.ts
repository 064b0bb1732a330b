import type { UnitPod } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { readManifests } from '../manifests.ts';
import { observeStaticPod } from '../static-pod.ts';
import type { SupervisorSettings } from '../supervisor/supervisor-settings.ts';

/** RKE2 does not change where its kubelet notes the UIDs of pods. */
const KUBELET = { rootDir: '/var/lib/kubelet', podLogsDir: '/var/log/pods' };

/**
 * The static pods of an RKE2 server (pkg/podexecutor) whose processes certagent sees. Whether they are healthy is not judged
 * here: most of their probes are programs inside of the containers.
 */
export async function rke2Pods(root: Root, { dataDir }: Pick<SupervisorSettings, 'dataDir'>): Promise<UnitPod[]> {
  const { pods } = await readManifests(root, `${dataDir}/agent/pod-manifests`);
  const seen = await Promise.all(pods.map((pod) => observeStaticPod(root, { ...pod, health: null }, KUBELET)));
  return seen.flatMap(({ pid, pod, processArguments }, index) =>
    pid === null || pod === null ? [] : [{ component: pods[index]!.component, processArguments, pod }],
  );
}
