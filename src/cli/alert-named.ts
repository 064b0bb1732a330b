import { CertagentError } from '../domain/model/errors.ts';
import type { Context } from './context.ts';

/** "CODE" or "CODE SUBJECT" of a command line. Throws CertagentError USAGE. */
export function alertNamed({ argument = '' }: Context): { code: string; subject: string | null } {
  const [, code = '', subject] = /^(\S+)(?: (.+))?$/.exec(argument) ?? [];
  if (code === '')
    throw new CertagentError('USAGE', 'the code of an alert is missing', {
      remedy: 'certagent status shows the codes of the active alerts with -o json; man certagent-alerts lists all.',
    });
  return { code: code.toUpperCase(), subject: subject ?? null };
}
