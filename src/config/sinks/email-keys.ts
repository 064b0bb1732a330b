import * as z from '../fields.ts';
import { count, note, secretFile } from '../fields.ts';
import { caFile, least, sinkName } from './common-keys.ts';
import type { SinkKind } from './sink-kind.ts';

/** The keys of one [[alerts.email]]. */
const keys = z.strictObject({
  name: sinkName('ops-mail'),
  host: note(z.string(), 'SMTP server.', 'smtp.example.org'),
  port: note(z.prefault(count(1, 65_535), 587), 'Port of the SMTP server.'),
  security: note(
    z.prefault(z.enum(['starttls', 'tls', 'none']), 'starttls'),
    'starttls: switch to TLS, refuse a server that does not offer it; tls: TLS from the start; none: plain text, for a relay on this machine.',
  ),
  ca_file: caFile(),
  user: note(z.optional(z.string()), 'User name, if the server requires one.', 'certagent'),
  password_file: note(
    z.optional(secretFile()),
    "File with the password; a name without a slash is one of the unit's systemd credentials.",
    'smtp-password',
  ),
  from: note(z.string(), 'Sender address.', 'certagent@example.org'),
  to: note(z.array(z.string()).check(z.minLength(1)), 'Recipient addresses.', ['ops@example.org']),
  least: least(),
});

export type EmailSink = z.infer<typeof keys>;

export const email: SinkKind<typeof keys, EmailSink> = {
  title: 'An email sink',
  keys,
  files: [
    { key: 'ca_file', isSecret: false },
    { key: 'password_file', isSecret: true },
  ],
  problems: ({ user, password_file }) => [
    ...(password_file !== undefined && user === undefined
      ? [{ key: 'password_file', message: 'needs "user" as well' }]
      : []),
    ...(user !== undefined && password_file === undefined
      ? [{ key: 'user', message: 'needs "password_file" as well' }]
      : []),
  ],
};
