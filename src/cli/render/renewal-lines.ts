import type { Blocker, Renewal } from '../../domain/model/decision.ts';
import type { PlanOutcome, Progress } from '../../domain/model/journal.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import type { Paint } from './paint.ts';
import type { Times } from './time.ts';

type Look = { paint: Paint; times: Times };

/** What the node's renewal waits for, or how far it is. */
export function renewalLines(
  renewal: Renewal,
  running: Progress | null,
  certificates: readonly unknown[],
  { paint, times, when = 'at the next check' }: Look & { when?: string },
): string[] {
  if (running !== null) return [`${paint('bold', 'Renewal:')} under way, ${progressText(running)}`];
  const title = paint('bold', 'Renewal:');
  switch (renewal.kind) {
    case 'none':
      if (certificates.length === 0) return [];
      return [`${title} nothing is due${renewal.nextAt === null ? '' : `; next on ${times.full(renewal.nextAt)}`}`];
    case 'now':
      return [`${title} ${count(renewal.ids)} ${when}: ${renewal.why}`];
    case 'waiting':
      return [`${title} ${count(renewal.ids)}, ${whenOf(renewal.until, times)}: ${renewal.why}`];
    case 'observing':
      return observingLines(renewal, title, times);
    case 'blocked':
      return [`${title} ${paint('red', 'BLOCKED')} for ${count(renewal.ids)}`, ...blockerLines(renewal.blockers)];
  }
}

const whenOf = (until: number | null, times: Times): string => (until === null ? 'waiting' : times.moment(until));

/** Observing is what somebody chose: neither red nor an obstacle. */
function observingLines(
  { ids, until, why, blockers }: Extract<Renewal, { kind: 'observing' }>,
  title: string,
  times: Times,
): string[] {
  const when = until === null ? '' : ` (${times.moment(until)})`;
  return [
    `${title} observing; in mode "renew" certagent would renew ${count(ids)}${when}: ${why}`,
    ...(blockers.length === 0
      ? ['  To let certagent renew: certagent enable']
      : ['  This would block the renewal:', ...blockerLines(blockers)]),
  ];
}

export function blockerLines(blockers: Blocker[]): string[] {
  return blockers.flatMap(({ code, why, remedy }) => [`  ${code}: ${why}`, `    What to do: ${remedy}`]);
}

/** "step 3 of 9: Cycle kube-apiserver, waiting (old process still there)". `step` counts from 0; `waited` comes early, where a narrow terminal shows it. */
export function progressText({ step, steps, title, state, detail }: Progress, waited = ''): string {
  const more = detail === '' ? '' : ` (${detail})`;
  return `step ${step + 1} of ${steps}${waited === '' ? '' : `, ${waited}`}: ${title}${STATES[state]}${more}`;
}

const STATES: Record<Progress['state'], string> = {
  started: '',
  waiting: ', waiting',
  done: ', done',
  failed: ', FAILED',
  undoing: ', undoing',
  undone: ', undone',
};

/** How a renewal ended. null: there was nothing to renew. */
export function outcomeLines(outcome: PlanOutcome | null, at: number, { paint, times }: Look): string[] {
  if (outcome === null) return ['Nothing is due: nothing was renewed.'];
  const granted = outcome.granted.map(
    ({ id, notAfter }) => `  ${id} now expires ${times.date(notAfter)}, in ${formatDuration(notAfter - at)}`,
  );
  const { error } = outcome;
  const renewed = count(outcome.granted.map(({ id }) => id));
  const words =
    outcome.restores === undefined
      ? {
          succeeded: `Renewed ${renewed}; the servers serve the new certificates.`,
          failed: outcome.keptNew
            ? 'The renewal FAILED; the new certificates stay, because the previous ones had expired.'
            : 'The renewal FAILED.',
          'rolled-back': 'The renewal FAILED and was rolled back: the previous certificates are in use again.',
        }
      : {
          succeeded: `Restored ${renewed} from the backup ${outcome.restores}; the servers serve them.`,
          failed: 'The restore FAILED.',
          'rolled-back': 'The restore FAILED and was rolled back: the certificates that it replaced are in use again.',
        };
  return [
    paint(outcome.result === 'succeeded' ? 'green' : 'red', words[outcome.result]),
    ...(outcome.result === 'succeeded' || outcome.keptNew ? granted : []),
    ...(outcome.reported ?? []).map(({ code, message }) => `Note: ${message} (${code})`),
    ...(error === null ? [] : [`Why: ${error.message} (${error.code})`]),
    ...(error === null || error.remedy === null ? [] : [`What to do: ${error.remedy}`]),
  ];
}

function count(ids: string[]): string {
  return ids.length === 1 ? `one certificate (${ids[0]})` : `${ids.length} certificates`;
}
