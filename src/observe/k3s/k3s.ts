import { localAddress } from '../local-address.ts';
import { supervisorObserver } from '../supervisor/supervisor.ts';
import type { Flavour } from '../supervisor/supervisor-settings.ts';

export const K3S: Flavour = { name: 'k3s', supervisorPort: null };

/** K3s's one listener passes the API on. */
export const k3s = supervisorObserver({
  ...K3S,
  endpoints: ({ bindAddress, port }) => [
    { name: 'k3s', host: localAddress(bindAddress), port, expects: 'dynamic-cert' },
  ],
});
