import type { Neighbour } from '../../domain/model/inventory.ts';
import { findAllOfPod } from '../../host/pod-processes.ts';
import { beganAt, isCalled } from '../../host/processes.ts';
import type { Root } from '../../host/root.ts';
import type { OtherPod } from '../manifests.ts';
import { identityOf, type PodDirectories } from '../static-pod.ts';

/** Static pods besides the control plane's, with the start of the oldest process in their containers. */
export function observeNeighbours(root: Root, pods: OtherPod[], kubelet: PodDirectories): Promise<Neighbour[]> {
  return Promise.all(
    pods.map(async ({ names, manifest, mounts }) => {
      const pod = identityOf(names, kubelet);
      const processes = await findAllOfPod(root, pod).catch(() => []);
      // The one that holds the pod's namespaces reads nothing, and stays when a container restarts.
      const oldest = processes.find(({ argv }) => !isCalled(argv, 'pause'));
      return { pod: names.name, manifest, mounts, identity: pod, startedAt: oldest ? beganAt(oldest) : null };
    }),
  );
}
