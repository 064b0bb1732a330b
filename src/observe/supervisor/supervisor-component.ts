import type { Distribution } from '../../domain/distributions/names.ts';
import { PROCESS } from '../../domain/distributions/restarted-unit.ts';
import { SUPERVISOR_HEALTH } from '../../domain/distributions/restarted-unit-plan.ts';
import type { HealthCheck } from '../../domain/model/health-check.ts';
import type { ComponentHealth, Endpoint, ObservedCertificate } from '../../domain/model/inventory.ts';
import { askHealth } from '../../host/http.ts';
import type { Root } from '../../host/root.ts';
import { kubeconfigCredentials, pemCredentials } from '../credentials.ts';
import { HEALTH_LIMIT, isHealthy } from '../health.ts';
import { NO_PROCESS } from '../no-process.ts';
import type { Unit } from '../observer.ts';
import type { SupervisorSettings } from './supervisor-settings.ts';

/** How a server is asked for its health, the kubeconfig of its administrator, and the id of a pair with the same rights. */
export type ServerHealth = { health: HealthCheck; kubeconfig: string; pair: string };

/**
 * A server without a kube-apiserver answers `/readyz` with 503, or another server answers it; its supervisor answers anyone
 * at `/ping`: the endpoint is that of the API, or of the supervisor where there is none.
 */
export function serverHealth(
  { host, port }: Endpoint,
  { disabled }: Pick<SupervisorSettings, 'disabled'>,
): HealthCheck {
  return { scheme: 'https', host, port, path: disabled.includes('apiserver') ? SUPERVISOR_HEALTH : '/readyz' };
}

/** The one process that a unit runs, with everything in it. `server`: null on an agent, which has no API. */
export async function supervisorComponent(
  root: Root,
  server: ServerHealth | null,
  unit: Unit,
  certificates: ObservedCertificate[],
  name: Distribution = PROCESS,
): Promise<ComponentHealth> {
  const health = server?.health ?? null;
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
    health.path === SUPERVISOR_HEALTH
      ? null
      : ((await kubeconfigCredentials(root, certificates, server.kubeconfig)) ??
        (await pemCredentials(root, certificates, server.pair)));
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
