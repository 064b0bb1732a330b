import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { tell } from './support.ts';

/** Far beyond what any of them takes, on a machine that is busy: this is about minutes and hours. */
const LIMIT = 20_000;
const HEAP = 512;

test('no text keeps a parser busy, fills the heap or ends it otherwise than with an error', async (t) => {
  const worker = new Worker(new URL('./nasty-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
  t.after(() => worker.terminate());
  let tried = 0;
  const crashed: string[] = [];
  await new Promise<void>((resolve, reject) => {
    let now = 'start';
    let timer: NodeJS.Timeout | undefined;
    worker.on('message', (told: { began?: string; crashed?: string; done?: true }) => {
      if (told.crashed !== undefined) crashed.push(told.crashed);
      if (told.began !== undefined) {
        now = told.began;
        tried += 1;
        tell(now, tried);
        clearTimeout(timer);
        timer = setTimeout(() => reject(new Error(`${now}: still busy after ${LIMIT / 1_000} s`)), LIMIT);
      }
      if (told.done) {
        clearTimeout(timer);
        resolve();
      }
    });
    worker.on('error', (error) => reject(new Error(`${now}: ${error.message}`, { cause: error })));
  });
  t.diagnostic(`${tried} inputs`);
  assert.deepEqual(crashed, []);
});
