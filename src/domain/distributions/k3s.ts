import { byRole } from './in-place.ts';
import { k3sAgentInPlace } from './k3s-agent-in-place.ts';
import { k3sInPlace } from './k3s-in-place.ts';
import { restartedUnit } from './restarted-unit.ts';
import { serverRehearsing } from './server-rehearsal.ts';

/** K3s answers for the Kubernetes API and for itself on one port. */
export const k3s = restartedUnit({
  name: 'k3s',
  units: { server: 'k3s', agent: 'k3s-agent' },
  endpoints: { api: 'k3s', listener: 'k3s' },
  startsWithin: 0,
  inPlace: byRole({ server: k3sInPlace, agent: k3sAgentInPlace }),
  rehearsing: serverRehearsing({ unit: 'k3s', program: 'k3s', listener: 'k3s', configDir: '/etc/rancher/k3s' }),
});
