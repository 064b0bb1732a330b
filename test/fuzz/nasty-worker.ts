// Tries each parser with each text, and names both first, so that a hang or a full heap can be reported.
import { parentPort } from 'node:worker_threads';
import { CertagentError } from '../../src/domain/model/errors.ts';
import { NASTY } from './nasty.ts';
import { PARSERS, PATIENT } from './parsers.ts';

const waiting: Promise<void>[] = [];
for (const [what, make] of Object.entries(NASTY)) {
  const text = make();
  for (const [parser, parse] of Object.entries(PARSERS)) await attempt(`${parser}: ${what}`, () => parse(text));
  for (const [parser, parse] of Object.entries(PATIENT)) waiting.push(attempt(`${parser}: ${what}`, () => parse(text)));
}
await Promise.all(waiting);
parentPort?.postMessage({ done: true });

async function attempt(name: string, work: () => unknown): Promise<void> {
  parentPort?.postMessage({ began: name });
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CertagentError)) parentPort?.postMessage({ crashed: `${name}: ${error}` });
  }
}
