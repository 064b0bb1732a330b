import { CertagentError } from '../../domain/model/errors.ts';
import { short } from '../../domain/text/printable.ts';
import type { Root } from '../../host/root.ts';
import { runInSandbox, type Sandbox } from '../../host/sandbox.ts';
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
import type { InsideAnswer, InsideRequest } from './inside/request.ts';

/** Runs the helper in the sandbox. Throws CertagentError INTERRUPTED when it was stopped. */
export async function ask(
  root: Root,
  sandbox: Sandbox,
  request: InsideRequest,
  signal?: AbortSignal,
): Promise<InsideAnswer> {
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
  server: object({
    kind: tag('start'),
    readyAfter: orNull(count),
    ending: orNull(text),
    limitReached: orNull(word(['time', 'memory'])),
    log: list(text),
    kubeconfig: orNull(text),
    served: orNull(text),
    peakMemory: orNull(count),
  }),
  kubeadm: object({
    kind: tag('command'),
    calls: list(object({ id: text, exitCode: orNull(number), timedOut: flag, output: text })),
    peakMemory: orNull(count),
  }),
});
