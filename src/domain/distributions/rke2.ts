import { MINUTE } from '../time/duration.ts';
import { restartedUnit } from './restarted-unit.ts';
import { AGENT } from './server-rehearsal.ts';

/** RKE2 runs a kube-apiserver as a static pod, and its supervisor listens on a port of its own. */
export const rke2 = restartedUnit({
  name: 'rke2',
  units: { server: 'rke2-server', agent: 'rke2-agent' },
  // It replaces its static pods one after the other, and gives up by itself after 30 minutes: certagent waits for that.
  startsWithin: 35 * MINUTE,
  rehearsing: {
    hindrance: ({ node }) =>
      node.role === 'agent'
        ? AGENT
        : {
            why: 'a start of RKE2 replaces static pods through the kubelet and containerd, which cannot run on copies',
          },
    of: () => null,
  },
  endpoints: { api: 'kube-apiserver', listener: 'rke2-supervisor' },
});
