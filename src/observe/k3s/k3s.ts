import { localAddress } from '../local-address.ts';
import { alsoServes } from '../supervisor/also-serves.ts';
import { loadedAtStart } from '../supervisor/loaded-at-start.ts';
import { supervisorObserver } from '../supervisor/supervisor.ts';
import type { Flavour } from '../supervisor/supervisor-settings.ts';

export const K3S: Flavour = { name: 'k3s', supervisorPort: null };

/**
 * K3s's one listener passes the API on. With a supervisor port of its own the API is a listener of its own, too, as in RKE2
 * (pkg/daemons/control: APIServerPort).
 */
export const k3s = supervisorObserver({
  ...K3S,
  alsoServes,
  loadedAtStart,
  endpoints: ({ bindAddress, port, supervisorPort, disabled }) => {
    const host = localAddress(bindAddress);
    const listener = { name: 'k3s', host, port: supervisorPort ?? port, expects: 'dynamic-cert' } as const;
    if (supervisorPort === null || disabled.includes('apiserver')) return [listener];
    return [{ name: 'kube-apiserver', host, port, expects: 'serving-kube-apiserver' }, listener];
  },
});
