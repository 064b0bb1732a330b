import { setTimeout as sleep } from 'node:timers/promises';
import { CertagentError } from '../../domain/model/errors.ts';
import type { Step } from '../../domain/model/plan.ts';
import { askHealth } from '../../host/http.ts';
import { restartUnit, unitState } from '../../host/systemd.ts';
import { type ClientCredentials, servedCertificate } from '../../host/tls.ts';
import { changedAuthorities } from '../backup/authorities.ts';
import { backupOf, type StepContext } from '../engine/step-context.ts';
import { stopwatch, until } from '../engine/wait.ts';
import { readKey, readLeaf } from './leaf.ts';
import { renewedCertificate } from './verify.ts';

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/**
 * Restarts the K3s or RKE2 unit, whose start renews. Throws CertagentError UNIT_RESTART_FAILED, UNIT_RESTART_TIMEOUT, or
 * CA_CHANGED when the start made new CAs.
 */
export async function restart(step: Of<'restart-unit'>, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  if (await isDone(context)) return 'restarted already';
  await whileConnecting(context, () => restartUnit(context.root, step.unit, step.limit));
  const backup = backupOf(context.plan);
  if (backup !== null) await refuseChangedAuthorities(context, backup);
  return `restarted in ${elapsed()}`;
}

/**
 * K3s renews its listener's certificate some 30 seconds after it listens, which can be before systemd calls it ready, and
 * only if somebody connected until then: the next chance is hours later. On RKE2 asking the API is no such connection.
 */
async function whileConnecting<T>({ plan, pollInterval }: StepContext, doIt: () => Promise<T>): Promise<T> {
  const listener = plan.steps.find((step) => step.kind === 'await-listener');
  let over = false;
  const connecting = (async () => {
    while (!over && listener !== undefined) {
      await servedCertificate(listener.endpoint.host, listener.endpoint.port, { limit: 3_000 }).catch(() => {});
      await sleep(pollInterval);
    }
  })();
  try {
    return await doIt();
  } finally {
    over = true;
    await connecting;
  }
}

/** After a kill during the restart: it need not be done twice when its certificates are there. */
async function isDone({ root, plan }: StepContext): Promise<boolean> {
  const expected = plan.steps.flatMap((step) => (step.kind === 'verify-files' ? step.expect : []));
  const listener = plan.steps.flatMap((step) => (step.kind === 'await-listener' ? [step.expect.id] : []));
  const leaves = expected.filter(({ id, old }) => old !== null && !listener.includes(id));
  for (const expect of leaves) if ((await renewedCertificate(root, expect)) === null) return false;
  return leaves.length > 0;
}

/** A new CA refuses every kubeconfig and every agent of before; the new certificates alone look well. */
export async function refuseChangedAuthorities({ root }: StepContext, backup: string): Promise<void> {
  const changed = await changedAuthorities(root, backup);
  if (changed.length === 0) return;
  throw new CertagentError('CA_CHANGED', `the CA is not the one of before any more: ${changed.join(', ')}`, {
    remedy: `See why the old CA could not be used: its certificate and key are in ${backup}/files.`,
  });
}

/**
 * Waits until the unit is active and its health check answers 200 to the kubeconfig's user. 401 does not count: it is the
 * answer to credentials of another CA, too. Throws CertagentError UNIT_NOT_READY.
 */
export async function awaitReady(step: Of<'await-ready'>, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  let good = 0;
  const answer = await whileConnecting(context, () =>
    until(
      async () => {
        const lacking = await lacksReadiness(step, context);
        good = lacking === null ? good + 1 : 0;
        return good >= 2 ? {} : (lacking ?? `for ${step.unit} to stay ready`);
      },
      { limit: step.limit, interval: context.pollInterval, waiting: context.waiting },
    ),
  );
  if (typeof answer !== 'string') return `ready after ${elapsed()}`;
  throw new CertagentError(
    'UNIT_NOT_READY',
    `${step.unit} was not ready within ${step.limit / 1000} s (waited ${answer})`,
    {
      remedy: `See why: journalctl -u ${step.unit} -n 50`,
    },
  );
}

/** What the unit lacks to be ready, in words; null when nothing does. Throws CertagentError SYSTEMCTL_FAILED. */
export async function lacksReadiness(step: Of<'await-ready'>, context: StepContext): Promise<string | null> {
  const unit = await unitState(context.root, step.unit);
  if (!unit.active) return `for ${step.unit} to be active, it is ${unit.activeState}`;
  if (step.health === null) return null;
  const client = step.kubeconfig === null ? null : await credentialsOf(context, step.kubeconfig);
  if (typeof client === 'string') return client;
  const health = await askHealth(step.health, { limit: 3_000, ...(client === null ? {} : { client }) });
  if (health.status === 200) return null;
  return `for ${step.unit} to be ready: ${step.health.path} ${health.status === null ? `does not answer (${health.detail})` : `answers ${health.detail}`}`;
}

/** K3s rewrites its kubeconfig at each start, so for a moment it may not be there whole: that is waited for, too. */
async function credentialsOf({ root }: StepContext, path: string): Promise<ClientCredentials | string> {
  try {
    const [leaf, key] = [await readLeaf(root, path), await readKey(root, path)];
    return { certificate: leaf.pem, key };
  } catch {
    return `for the credentials in ${path}`;
  }
}
