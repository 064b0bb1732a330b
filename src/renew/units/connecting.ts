import { setTimeout as sleep } from 'node:timers/promises';
import { servedCertificate } from '../../host/tls.ts';
import type { StepContext } from '../steps/actor.ts';

/**
 * K3s renews its listener's certificate some 30 seconds after it listens, which can be before systemd calls it ready, and
 * only if somebody connected until then: the next chance is hours later. On RKE2 a question to the API is not such a
 * connection.
 */
export async function whileConnecting<T>({ plan, pollInterval }: StepContext, doIt: () => Promise<T>): Promise<T> {
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
