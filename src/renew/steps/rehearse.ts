import { CertagentError } from '../../domain/model/errors.ts';
import type { RehearsalResult } from '../../domain/model/rehearsal.ts';
import type { Rehearsed } from '../../domain/model/rehearsal-report.ts';
import type { RehearsalFinding } from '../../domain/plan/judge-rehearsal.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import type { Root } from '../../host/root.ts';
import { flag, nodePath, object, optional, orNull, tag, word } from '../../host/shape.ts';
import { keepLeaves } from '../in-place/keep-leaves.ts';
import { rehearsalShape } from '../rehearsal/rehearsal-shape.ts';
import { rehearseWithCure } from '../rehearsal/with-cure.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';

type RehearseStep = StepOf<'rehearse'>;

/** It changes nothing of the node: after a kill it begins anew, and what it left is removed first. */
export const rehearse: StepActor<RehearseStep> = {
  schema: object({
    kind: tag('rehearse'),
    rehearsal: rehearsalShape,
    cure: orNull(nodePath),
    required: flag,
    keeps: optional(nodePath),
    doubtful: word(['stop', 'go-on']),
  }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

/** Throws CertagentError REHEARSAL_FAILED or REHEARSAL_IMPOSSIBLE where the plan must not go on. */
async function act(step: RehearseStep, context: StepContext): Promise<string> {
  const { root, now, pollInterval, waiting, signal, learnt } = context;
  const keep = step.keeps === undefined ? undefined : (copy: Root) => keepLeaves(root, copy, step, context);
  const rehearsed = await rehearseWithCure(root, step, { now, pollInterval, waiting, signal, keep });
  const { verdict, findings } = rehearsed.judgement;
  const words = findings.map(({ what }) => what).join('; ');
  if (verdict === 'failed' || (verdict === 'doubtful' && step.doubtful === 'stop'))
    throw stopped('REHEARSAL_FAILED', `${failedTitle(step)}: ${words}`, findings);
  if (verdict === 'impossible' && step.required)
    throw stopped('REHEARSAL_IMPOSSIBLE', `nothing is renewed without a rehearsal, and certagent ${words}`, findings);
  if (verdict === 'passed' && rehearsed.cure === null) learnt?.add('listener-needs-no-trigger');
  if (verdict === 'impossible') return `${words}; the plan does not depend on it`;
  const doubt = verdict === 'doubtful' ? 'what is doubtful does not stop an urgent renewal' : null;
  return [passed(rehearsed), doubt, words].filter((part) => part !== null && part !== '').join('; ');
}

function failedTitle({ rehearsal }: RehearseStep): string {
  return `the rehearsal on ${rehearsal.kind === 'start' ? "copies of the server's files" : 'a copy of the certificates'} shows that the renewal would not be good`;
}

function stopped(code: 'REHEARSAL_FAILED' | 'REHEARSAL_IMPOSSIBLE', message: string, findings: RehearsalFinding[]) {
  const remedies = [...new Set(findings.flatMap(({ weight, remedy }) => (weight === 'note' ? [] : (remedy ?? []))))];
  return new CertagentError(code, message, remedies.length === 0 ? {} : { remedy: remedies.join(' ') });
}

/** "ready after 4.6 s, 17 certificates as expected, 361 MiB of memory at most". */
function passed({ results, cure }: Rehearsed): string {
  const last = results.at(-1) as Exclude<RehearsalResult, { kind: 'impossible' }>;
  const { peakMemory, duration } = last.measures;
  const good = last.certificates.filter(({ problem }) => problem === null).length;
  return [
    ...(cure === null ? [] : [`without ${cure} the start would wait for its own expired listener; with it:`]),
    ...(last.kind === 'start' && last.readyAfter !== null ? [`ready after ${seconds(last.readyAfter)},`] : []),
    `${good} of ${last.certificates.length} certificates renewed as expected`,
    `in ${formatDuration(duration)}`,
    ...(peakMemory === null ? [] : [`with at most ${Math.ceil(peakMemory / 1024 ** 2)} MiB of memory`]),
  ].join(' ');
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
