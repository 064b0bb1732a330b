import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import { printableJson } from '../../domain/text/printable.ts';
import { type Paint, plain, scrubLines } from './paint.ts';

/** An error for a person: what happened, its code, what to do. */
export function renderError(error: unknown, paint: Paint = plain): string {
  const remedy = remedyOf(error);
  const [first = '', ...more] = scrubLines(explain(error)).split('\n');
  return `${[
    `${paint('red', 'certagent:')} ${first} (${errorCode(error)})`,
    ...more,
    ...(remedy === null ? [] : [`What to do: ${scrubLines(remedy)}`]),
  ].join('\n')}\n`;
}

/** An error for a program. */
export function errorJson(error: unknown): string {
  return `${printableJson(JSON.stringify({ error: errorFacts(error) }))}\n`;
}

/** What is said of an error. */
export function errorFacts(error: unknown): { code: string; message: string; remedy: string | null } {
  return { code: errorCode(error), message: explain(error), remedy: remedyOf(error) };
}

/** Of the operating system's own refusals there is one remedy for a user who is not root. */
function remedyOf(error: unknown): string | null {
  if (error instanceof CertagentError && error.remedy !== undefined) return error.remedy;
  return process.getuid?.() !== 0 && ['EACCES', 'EPERM'].includes(errorCode(error)) ? 'Run this as root.' : null;
}

/** Exit status that goes with an error. */
export function exitCodeOf(error: unknown): number {
  return { USAGE: 2, NO_DAEMON: 3, RENEWAL_BLOCKED: 4, USER_REFUSED: 4 }[errorCode(error)] ?? 1;
}
