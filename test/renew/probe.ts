import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

/** Asks the API server every 100 ms whether it is alive, each time by a new connection, until `failures` is called. */
export function probing(port: number): { failures(): Promise<string[]> } {
  const failed: string[] = [];
  let isDone = false;
  const asking = (async () => {
    while (!isDone) {
      const answer = await ask(port);
      if (answer !== 'HTTP 200') failed.push(answer);
      await sleep(100);
    }
  })();
  return {
    failures: async () => {
      isDone = true;
      await asking;
      return failed;
    },
  };
}

function ask(port: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', agent: false, rejectUnauthorized: false } as const;
    const asked = request({ ...options, signal: AbortSignal.timeout(5_000) }, (answer) => {
      answer.resume();
      resolve(`HTTP ${answer.statusCode}`);
    });
    asked.once('error', (error) => resolve(error.message));
    asked.end();
  });
}
