import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { tell } from './support.ts';

/** Of the processor's time, which a busy machine does not stretch. Far beyond what any takes: this is about minutes and hours. */
const LIMIT = 20_000;
const used = () => Object.values(process.cpuUsage()).reduce((sum, each) => sum + each, 0) / 1_000;
const HEAP = 512;

test('no text keeps a parser busy or fills the heap; a parser fails only with an error', async (t) => {
  const worker = new Worker(new URL('./nasty-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
  t.after(() => worker.terminate());
  let tried = 0;
  const crashed: string[] = [];
  await new Promise<void>((resolve, reject) => {
    let now = 'start';
    let from = used();
    const timer = setInterval(() => {
      if (used() - from > LIMIT) reject(new Error(`${now}: still busy after ${LIMIT / 1_000} s`));
    }, 500);
    t.after(() => clearInterval(timer));
    worker.on('message', (told: { began?: string; crashed?: string; done?: true }) => {
      if (told.crashed !== undefined) crashed.push(told.crashed);
      if (told.began !== undefined) {
        now = told.began;
        tried += 1;
        tell(now, tried);
        from = used();
      }
      if (told.done) resolve();
    });
    worker.on('error', (error) => reject(new Error(`${now}: ${error.message}`, { cause: error })));
  });
  t.diagnostic(`${tried} inputs`);
  assert.deepEqual(crashed, []);
});
