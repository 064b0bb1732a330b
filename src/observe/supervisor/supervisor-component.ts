import type { Distribution } from '../../domain/distributions/names.ts';
import { PROCESS } from '../../domain/distributions/restarted-unit.ts';
import type { ComponentHealth, Endpoint, ObservedCertificate } from '../../domain/model/inventory.ts';
import { askHealth } from '../../host/http.ts';
import type { Root } from '../../host/root.ts';
import { kubeconfigCredentials, pemCredentials } from '../credentials.ts';
import { HEALTH_LIMIT, isHealthy } from '../health.ts';
import { NO_PROCESS } from '../no-process.ts';
import type { Unit } from '../observer.ts';

/** Where a server's API is, the kubeconfig of its administrator, and the id of a pair with the same rights. */
export type ServerApi = { api: Pick<Endpoint, 'host' | 'port'>; kubeconfig: string; pair: string };

/** The one process that a unit runs, with everything in it. `server`: null on an agent, which has no API. */
export async function supervisorComponent(
  root: Root,
  server: ServerApi | null,
  unit: Unit,
  certificates: ObservedCertificate[],
  name: Distribution = PROCESS,
): Promise<ComponentHealth> {
  const health =
    server === null
      ? null
      : ({ scheme: 'https', host: server.api.host, port: server.api.port, path: '/readyz' } as const);
  const observed = {
    ...NO_PROCESS,
    name,
    manifest: null,
    pid: unit?.mainPid ?? null,
    health,
  };
  if (server === null || health === null || unit?.active !== true)
    return { ...observed, healthy: unit?.active === true, detail: unit?.detail ?? 'its unit is not known' };
  // `/readyz` answers an administrator only. The kubeconfig is often moved or removed; the supervisor's own files stay.
  const client =
    (await kubeconfigCredentials(root, certificates, server.kubeconfig)) ??
    (await pemCredentials(root, certificates, server.pair));
  const answer = await askHealth(health, client === null ? { limit: HEALTH_LIMIT } : { limit: HEALTH_LIMIT, client });
  if (isHealthy(answer.status)) return { ...observed, healthy: true, detail: `healthy (${answer.detail})` };
  const why = refusal(answer.status, client !== null);
  return { ...observed, healthy: false, detail: `${why} (${answer.detail})` };
}

function refusal(status: number | null, hasShown: boolean): string {
  if (status !== 401 && status !== 403) return 'not healthy';
  return hasShown
    ? 'is up, but refuses the administrator’s certificate'
    : 'is up, but its health is not known: no administrator’s certificate was found to ask with';
}
