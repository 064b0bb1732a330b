import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import { printableJson } from '../../domain/text/printable.ts';
import { type Paint, plain, scrubLines } from './paint.ts';

/** An error for a person: what happened, its code, what to do. */
export function renderError(error: unknown, paint: Paint = plain): string {
  const remedy = error instanceof CertagentError ? error.remedy : undefined;
  const [first = '', ...more] = scrubLines(explain(error)).split('\n');
  return `${[
    `${paint('red', 'certagent:')} ${first} (${errorCode(error)})`,
    ...more,
    ...(remedy === undefined ? [] : [`What to do: ${scrubLines(remedy)}`]),
  ].join('\n')}\n`;
}

/** An error for a program. */
export function errorJson(error: unknown): string {
  const remedy = error instanceof CertagentError ? (error.remedy ?? null) : null;
  return `${printableJson(JSON.stringify({ error: { code: errorCode(error), message: explain(error), remedy } }))}\n`;
}

/** Exit status that goes with an error. */
export function exitCodeOf(error: unknown): number {
  return { USAGE: 2, NO_DAEMON: 3, RENEWAL_BLOCKED: 4, USER_REFUSED: 4 }[errorCode(error)] ?? 1;
}
