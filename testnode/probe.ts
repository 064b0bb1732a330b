import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export type Probed = {
  requests: number;
  /** What went wrong, one entry for each request that the API did not answer. */
  failed: string[];
  /** Milliseconds from the last answer before the longest outage to the first after it; 0 without an outage. */
  away: number;
};

/**
 * Asks the API server every 100 ms, each time by a new connection, until `end` is called. "Unauthorized" is an answer;
 * "not ready" is none.
 */
export function probe(port: number): { end(): Promise<Probed> } {
  const probed: Probed = { requests: 0, failed: [], away: 0 };
  let isDone = false;
  let isAway = false;
  let lastAnswer = performance.now();
  const asking = (async () => {
    while (!isDone) {
      const problem = await ask(port);
      probed.requests++;
      const now = performance.now();
      if (problem !== null) {
        probed.failed.push(problem);
        isAway = true;
      } else {
        if (isAway) probed.away = Math.max(probed.away, now - lastAnswer);
        isAway = false;
        lastAnswer = now;
      }
      await sleep(100);
    }
  })();
  return {
    end: async () => {
      isDone = true;
      await asking;
      return probed;
    },
  };
}

/** null when the API answers. */
function ask(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', agent: false, rejectUnauthorized: false } as const;
    const asked = request({ ...options, signal: AbortSignal.timeout(5_000) }, (answer) => {
      answer.resume();
      resolve((answer.statusCode ?? 500) < 500 ? null : `HTTP ${answer.statusCode}`);
    });
    asked.once('error', (error) => resolve(error.message));
    asked.end();
  });
}
