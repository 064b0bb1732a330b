import * as z from './fields.ts';
import { duration, note, table } from './fields.ts';

/** The keys of [external_ca]. */
export const externalCaTable = () =>
  note(
    table({
      command: note(
        z.prefault(z.array(z.string()), []),
        'Absolute path of a program, and its arguments, that has requests signed: it finds them as NAME.csr in the directory CERTAGENT_REQUESTS, and writes certificates (PEM) to the directory CERTAGENT_ANSWERS. It runs as root in the maintenance window, and only where nobody else can change it. Empty: a person does this, with certagent csr and certagent install.',
        ['/usr/local/sbin/sign-requests'],
      ),
      limit: note(z.prefault(duration(), '2m'), 'Time limit of the program, at most 5m.'),
    }),
    'kubeadm nodes in external CA mode: what has the requests signed.',
  );
