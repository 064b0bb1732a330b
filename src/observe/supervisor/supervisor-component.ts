import { PROCESS } from '../../domain/distributions/restarted-unit.ts';
import type { ComponentHealth, ObservedCertificate } from '../../domain/model/inventory.ts';
import { askHealth } from '../../host/http.ts';
import type { Root } from '../../host/root.ts';
import { kubeconfigCredentials } from '../credentials.ts';
import { HEALTH_LIMIT, isHealthy } from '../health.ts';
import type { Unit } from '../observer.ts';

/** The one process of K3s or RKE2. `readyz`: the API's port and the kubeconfig to ask it with; null on an agent, which has none. */
export async function supervisorComponent(
  root: Root,
  readyz: { port: number; kubeconfig: string } | null,
  unit: Unit,
  certificates: ObservedCertificate[],
): Promise<ComponentHealth> {
  const health =
    readyz === null ? null : ({ scheme: 'https', host: '127.0.0.1', port: readyz.port, path: '/readyz' } as const);
  const observed = {
    name: PROCESS,
    manifest: null,
    pid: unit?.mainPid ?? null,
    startedAt: null,
    processArguments: [],
    health,
  };
  if (readyz === null || health === null || unit?.active !== true)
    return { ...observed, healthy: unit?.active === true, detail: unit?.detail ?? 'its unit is not known' };
  // `/readyz` wants credentials: the administrator's, as they are in the kubeconfig.
  const client = await kubeconfigCredentials(root, certificates, readyz.kubeconfig);
  const answer = await askHealth(health, client === null ? { limit: HEALTH_LIMIT } : { limit: HEALTH_LIMIT, client });
  if (isHealthy(answer.status)) return { ...observed, healthy: true, detail: `healthy (${answer.detail})` };
  const refused = answer.status === 401 || answer.status === 403;
  const why = refused ? 'is up, but refuses the administrator’s certificate' : 'not healthy';
  return { ...observed, healthy: false, detail: `${why} (${answer.detail})` };
}
