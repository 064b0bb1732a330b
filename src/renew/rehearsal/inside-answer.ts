import { CertagentError } from '../../domain/model/errors.ts';
import type { RehearsalMeasures } from '../../domain/model/rehearsal.ts';
import { short } from '../../domain/text/printable.ts';
import type { Root } from '../../host/root.ts';
import { runInSandbox } from '../../host/sandbox.ts';
import {
  count,
  flag,
  list,
  number,
  object,
  oneOf,
  orNull,
  readAs,
  type Shape,
  tag,
  text,
  word,
} from '../../host/shape.ts';
import { confine, type Wanted } from './confinement.ts';
import type { InsideAnswer, InsideRequest } from './inside/request.ts';
import type { Place } from './place.ts';

export type Question = Omit<Wanted, 'unit' | 'empty'> & {
  task: InsideRequest['task'];
  signal?: AbortSignal | undefined;
};

/** Has the helper carry out a task on the copies in `place`. Throws CertagentError INTERRUPTED when it was stopped. */
export async function ask(root: Root, place: Place, { task, signal, ...wanted }: Question): Promise<InsideAnswer> {
  const { memory, writable } = wanted;
  const { sandbox, confinement } = confine(root, { ...wanted, unit: place.unit });
  const { view, copy } = root.isMachine
    ? { view: '/', copy: writable[0]!.to }
    : { view: place.image, copy: place.image };
  const request: InsideRequest = { olderSystemd: false, confinement, view, copy, memory, task };
  const ending = await runInSandbox(root, sandbox, request, signal);
  switch (ending.is) {
    case 'stopped':
      throw new CertagentError('INTERRUPTED', 'the rehearsal was stopped');
    case 'late':
      return { kind: 'impossible', why: 'the sandbox did not end in time and was killed' };
    case 'refused':
      return { kind: 'impossible', why: ending.why };
    case 'answer': {
      const reading = readAs(ANSWER, ending.value);
      return reading.fits
        ? printed(reading.value)
        : { kind: 'impossible', why: 'the answer from the sandbox cannot be read' };
    }
  }
}

/** What a rehearsal cost. `startedAt`: of `performance.now()`; `copied`: bytes. */
export function measured(
  root: Root,
  { startedAt, copied, answer }: { startedAt: number; copied: number; answer: { peakMemory: number | null } },
): RehearsalMeasures {
  return {
    duration: Math.round(performance.now() - startedAt),
    copied,
    // Without a sandbox it is that of whatever group certagent is in.
    peakMemory: root.isMachine ? answer.peakMemory : null,
  };
}

/** What comes out of the sandbox is the tool's word, not certagent's. */
function printed(answer: InsideAnswer): InsideAnswer {
  if (answer.kind === 'impossible') return { ...answer, why: short(answer.why) };
  if (answer.kind === 'command') return answer;
  return {
    ...answer,
    ending: answer.ending === null ? null : short(answer.ending),
    kubeconfig: answer.kubeconfig === null ? null : short(answer.kubeconfig),
    log: answer.log.map((line) => short(line, 1_000)),
  };
}

const ANSWER: Shape<InsideAnswer> = oneOf<InsideAnswer>('kind', {
  impossible: object({ kind: tag('impossible'), why: text }),
  start: object({
    kind: tag('start'),
    readyAfter: orNull(count),
    ending: orNull(text),
    limitReached: orNull(word(['time', 'memory'])),
    log: list(text),
    kubeconfig: orNull(text),
    served: orNull(text),
    peakMemory: orNull(count),
  }),
  command: object({
    kind: tag('command'),
    calls: list(object({ id: text, exitCode: orNull(number), timedOut: flag, output: text })),
    peakMemory: orNull(count),
  }),
});
