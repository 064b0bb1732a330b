import * as z from './fields.ts';
import { absolutePath, note, table } from './fields.ts';

/** How this node takes turns with the other servers of its cluster. */
export const clusterTable = () =>
  note(
    table({
      coordinate: note(
        z.prefault(z.enum(['lease', 'none']), 'lease'),
        'How the control-plane nodes of a cluster take turns. lease: by the Lease kube-system/certagent-renewal, and by the time of day where no API answers; none: not at all. A single server waits for nobody.',
      ),
      kubeconfig: note(
        z.optional(absolutePath()),
        "Kubeconfig to ask the Kubernetes API with, instead of the node's own admin.conf, k3s.yaml or rke2.yaml: certagent cluster manifest prints the rights that it needs.",
        '/etc/certagent/kubeconfig',
      ),
      report: note(
        z.prefault(z.boolean(), true),
        "Show on this node's Node what certagent finds: Events, and the annotations certagent.io/first-expiry, state and seen. It is written with the kubelet's credentials, which may change no other Node.",
      ),
    }),
    'The other nodes of the cluster.',
  );
