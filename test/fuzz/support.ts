// One property run over many inputs: seeded, with a number of inputs that `npm test` can afford, or for a given time.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import fc from 'fast-check';
import { CertagentError } from '../../src/domain/model/errors.ts';

const SEED = 20_261_124;

/** Set by main.ts: seed, seconds for each property, and the descriptor to which the progress is written. */
const { CERTAGENT_FUZZ_SEED, CERTAGENT_FUZZ_SECONDS, CERTAGENT_FUZZ_TOLD } = process.env;

/**
 * Tries `property` on `inputs` inputs made by `arbitrary`. A failure is reported with the seed and path that repeat it.
 * Properties that touch the node's files are async; a failing one is shrunk all the same.
 */
export async function fuzz<T>(
  t: TestContext,
  inputs: number,
  arbitrary: fc.Arbitrary<T>,
  property: (input: T) => void | Promise<void>,
): Promise<void> {
  let tried = 0;
  const seed = Number(CERTAGENT_FUZZ_SEED ?? SEED);
  const seconds = Number(CERTAGENT_FUZZ_SECONDS ?? 0);
  await fc.assert(
    fc.asyncProperty(arbitrary, async (input) => {
      tried += 1;
      tell(t.name, tried);
      await property(input);
    }),
    seconds === 0
      ? { seed, numRuns: inputs }
      : { seed, numRuns: 1e9, interruptAfterTimeLimit: seconds * 1_000, markInterruptAsFailure: false },
  );
  t.diagnostic(`${tried} inputs, seed ${seed}`);
}

/** Lets main.ts, where it runs us, know which input is next: should it hang, that is the one. */
export function tell(property: string, tried: number): void {
  const to = Number(CERTAGENT_FUZZ_TOLD ?? 0);
  if (to > 0) writeSync(to, `${JSON.stringify({ property, tried })}\n`);
}

/** Runs `work`; only a CertagentError may come out of it, which is returned. Its text is checked as others see it. */
export function refusal(work: () => unknown): CertagentError | null {
  try {
    work();
    return null;
  } catch (error) {
    return own(error);
  }
}

export async function asyncRefusal(work: () => Promise<unknown>): Promise<CertagentError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return own(error);
  }
}

function own(error: unknown): CertagentError {
  if (!(error instanceof CertagentError)) throw error;
  assert.match(error.code, /^[A-Z0-9_]+$/);
  return error;
}

export function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'certagent-fuzz-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
