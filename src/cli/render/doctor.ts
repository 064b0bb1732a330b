import type { Diagnosis, DoctorState } from '../../domain/model/diagnosis.ts';
import { type Paint, plain, type Style, scrub } from './paint.ts';
import { table } from './table.ts';

const STYLES: Record<DoctorState, Style> = { ok: 'green', warning: 'yellow', fails: 'red' };

/** `certagent doctor` for a person: one line a result, with its remedy. */
export function renderDiagnosis(unsafe: Diagnosis, options: { paint?: Paint; width?: number } = {}): string {
  const { results } = scrub(unsafe);
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const rows = results.flatMap(({ check, state, what, remedy }, at) => [
    [
      { text: state === 'fails' ? 'FAILS' : state, style: STYLES[state] },
      { text: results[at - 1]?.check === check ? '' : check },
      { text: what },
    ],
    ...(remedy === null ? [] : [[{ text: '' }, { text: '' }, { text: `What to do: ${remedy}` }]]),
  ]);
  const columns = [{ title: '' }, { title: '' }, { title: '' }];
  return `${table(columns, rows, { paint, width })}\n\n${summary(results)}\n`;
}

function summary(results: Diagnosis['results']): string {
  const count = (wanted: DoctorState) => results.filter(({ state }) => state === wanted).length;
  const [fails, warnings] = [count('fails'), count('warning')];
  if (fails + warnings === 0) return 'Everything is as the next renewal and the next alert need it.';
  const warned = warnings === 0 ? '' : `${warnings} warning${warnings === 1 ? '' : 's'}`;
  const failed = fails === 0 ? '' : `${fails} of ${results.length} would fail at the next renewal or alert`;
  return `${[failed, warned].filter((text) => text !== '').join('; ')}.`;
}
