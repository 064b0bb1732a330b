import { HOOK_EVENTS } from '../domain/model/hook.ts';
import * as z from './fields.ts';
import { duration, note } from './fields.ts';

/** The keys of one [[hooks]]. */
const hookKeys = z.strictObject({
  on: note(
    z.enum(HOOK_EVENTS),
    'When it runs. before: before anything is touched, and if it fails, nothing is (unless the renewal is urgent); renewed: after a renewal that succeeded; failed: after one that failed or was rolled back.',
    'renewed',
  ),
  command: note(
    z.array(z.string()).check(z.minLength(1)),
    'Absolute path of the program, and its arguments; no shell reads them. The program and every directory on its path must belong to root, and nobody else may write to them.',
    ['/usr/local/sbin/certificates-renewed', '--quiet'],
  ),
  certificates: note(
    z.prefault(z.array(z.string()), []),
    'Run it only when one of these is renewed: names as certagent status shows them. Empty: at every renewal.',
    ['apiserver'],
  ),
  user: note(
    z.prefault(z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/, 'is not the name of a user')), 'root'),
    'User that it runs as.',
  ),
  limit: note(z.prefault(duration(), '2m'), 'Time limit, at most 5m; after it, all its processes are ended.'),
});

export const hookTables = () =>
  note(
    z.prefault(z.array(hookKeys), []),
    'A program that a renewal runs. Repeat the table for more. Executables in /etc/certagent/hooks.d run too.',
  );
