import { localAddress } from '../local-address.ts';
import { supervisorObserver } from '../supervisor/supervisor.ts';
import type { Flavour } from '../supervisor/supervisor-settings.ts';
import { rke2Pods } from './rke2-pods.ts';

/**
 * Its ports are fixed (pkg/rke2: HTTPSPort, SupervisorPort): RKE2 skips both keys in its config.yaml, as it skips all that it
 * does not know. Only the stand-in for RKE2 on a machine with several nodes listens where they say.
 */
const SUPERVISOR_PORT = 9345;

export const RKE2: Flavour = { name: 'rke2', supervisorPort: SUPERVISOR_PORT };

/**
 * RKE2 runs a kube-apiserver, on all addresses whatever `bind-address` says (pkg/rke2: APIServerBindAddress), and its
 * supervisor listens on a port of its own.
 */
export const rke2 = supervisorObserver({
  ...RKE2,
  endpoints: ({ bindAddress, port, supervisorPort, disabled }) => {
    const api = { name: 'kube-apiserver', host: '127.0.0.1', port, expects: 'serving-kube-apiserver' } as const;
    const listener = {
      name: 'rke2-supervisor',
      host: localAddress(bindAddress),
      port: supervisorPort ?? SUPERVISOR_PORT,
      expects: 'dynamic-cert',
    } as const;
    // Without a kube-apiserver its port belongs to a load balancer, which shows the certificate of another server.
    return disabled.includes('apiserver') ? [listener] : [api, listener];
  },
  unitPods: rke2Pods,
});
