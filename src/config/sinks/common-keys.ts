import * as z from '../fields.ts';
import { absolutePath, note, sinkNameText } from '../fields.ts';

// The keys that every sink has.

export const sinkName = (example: string) =>
  note(z.optional(sinkNameText()), 'Name of this sink in status and errors.', example);

export const caFile = () =>
  note(
    z.optional(absolutePath()),
    "PEM file with the CAs to trust instead of the built-in ones and those of the node's store.",
    '/etc/ssl/certs/ours.pem',
  );

export const least = () =>
  note(
    z.prefault(z.enum(['info', 'warning', 'critical']), 'info'),
    'Minimum severity of the alerts that this sink receives.',
  );
