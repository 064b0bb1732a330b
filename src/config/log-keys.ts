import * as z from './fields.ts';
import { note, table } from './fields.ts';

/** The keys of [log]. */
export const logTable = () =>
  note(
    table({
      level: note(z.prefault(z.enum(['debug', 'info', 'warn', 'error']), 'info'), 'Minimum level that is logged.'),
      format: note(
        z.prefault(z.enum(['auto', 'text', 'json']), 'auto'),
        'auto: text on a terminal and in the journal, where each line has its priority; JSON elsewhere.',
      ),
    }),
    'The log on standard output.',
  );
