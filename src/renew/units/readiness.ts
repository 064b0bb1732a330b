import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { askHealth } from '../../host/http.ts';
import { readKey, readLeaf } from '../../host/leaf.ts';
import type { Root } from '../../host/root.ts';
import { isStarting, type UnitState, unitState } from '../../host/systemd.ts';
import type { ClientCredentials } from '../../host/tls.ts';

/**
 * The process of a unit that is ready, by a name that no other process and no later start of it has; else what the unit lacks,
 * in words. A health check that answers 401 is not ready: that is the answer to credentials of another CA, too. Throws
 * CertagentError SYSTEMCTL_FAILED.
 */
export async function readyProcess(step: StepOf<'await-ready'>, root: Root): Promise<{ process: string } | string> {
  const unit = await unitState(root, step.unit);
  return (await whatLacks(step, root, unit)) ?? { process: `${unit.mainPid} ${unit.restarts}` };
}

async function whatLacks(step: StepOf<'await-ready'>, root: Root, unit: UnitState): Promise<string | null> {
  if (!unit.active) return `for ${step.unit} to be active, it is ${unit.activeState}`;
  if (step.health === null) return null;
  const client = step.kubeconfig === null ? null : await credentialsOf(root, step.kubeconfig);
  if (typeof client === 'string') return client;
  const health = await askHealth(step.health, { limit: 3_000, ...(client === null ? {} : { client }) });
  if (health.status === 200) return null;
  return `for ${step.unit} to be ready: ${step.health.path} ${health.status === null ? `does not answer (${health.detail})` : `answers ${health.detail}`}`;
}

/** A start that takes longer than our limit is not interrupted and repeated: that would take as long again. */
export async function worksOrStarts(step: StepOf<'await-ready'>, root: Root): Promise<boolean> {
  const unit = await unitState(root, step.unit).catch(() => null);
  if (unit !== null && isStarting(unit)) return true;
  return typeof (await readyProcess(step, root).catch(() => 'an answer of systemd')) !== 'string';
}

/** K3s rewrites its kubeconfig at each start, so for a moment it may not be there whole: certagent waits for it, too. */
async function credentialsOf(root: Root, path: string): Promise<ClientCredentials | string> {
  try {
    const [leaf, key] = [await readLeaf(root, path), await readKey(root, path)];
    return { certificate: leaf.pem, key };
  } catch {
    return `for the credentials in ${path}`;
  }
}
