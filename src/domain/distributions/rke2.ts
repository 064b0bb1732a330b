import { restartedUnit } from './restarted-unit.ts';

/** RKE2 runs a kube-apiserver as a static pod, and its supervisor listens on a port of its own. */
export const rke2 = restartedUnit({
  name: 'rke2',
  units: { server: 'rke2-server', agent: 'rke2-agent' },
  endpoints: { api: 'kube-apiserver', listener: 'rke2-supervisor' },
});
