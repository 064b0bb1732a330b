import * as z from './fields.ts';
import { absolutePath, count, note, secretFile, sinkNameText } from './fields.ts';

/** The keys of one [[alerts.email]]. */
export const email = z.strictObject({
  name: note(z.optional(sinkNameText()), 'Name of this sink in status and errors.', 'ops-mail'),
  host: note(z.string(), 'SMTP server.', 'smtp.example.org'),
  port: note(z.prefault(count(1, 65_535), 587), 'Port of the SMTP server.'),
  security: note(
    z.prefault(z.enum(['starttls', 'tls', 'none']), 'starttls'),
    'starttls: switch to TLS, refuse a server that does not offer it; tls: TLS from the start; none: plain text, for a relay on this machine.',
  ),
  ca_file: note(
    z.optional(absolutePath()),
    'PEM file with the CAs to trust instead of the built-in ones.',
    '/etc/ssl/certs/ours.pem',
  ),
  user: note(z.optional(z.string()), 'User name, if the server requires one.', 'certagent'),
  password_file: note(
    z.optional(secretFile()),
    "File with the password; a name without a slash is one of the unit's systemd credentials.",
    'smtp-password',
  ),
  from: note(z.string(), 'Sender address.', 'certagent@example.org'),
  to: note(z.array(z.string()).check(z.minLength(1)), 'Recipient addresses.', ['ops@example.org']),
  least: note(
    z.prefault(z.enum(['info', 'warning', 'critical']), 'info'),
    'Minimum severity of the alerts that this sink receives.',
  ),
});

/** The keys of one [[alerts.webhook]]. */
export const webhook = z.strictObject({
  name: note(z.optional(sinkNameText()), 'Name of this sink in status and errors.', 'chat'),
  url: note(
    z.optional(z.string().check(z.regex(/^https?:\/\/[^\s/]/, 'is not an http or https address'))),
    'Address to POST to; url or url_file is required.',
    'https://hooks.example.org/certagent',
  ),
  url_file: note(
    z.optional(secretFile()),
    'File or systemd credential with the address, if the address is a secret; it takes precedence over url.',
    'chat-url',
  ),
  shape: note(
    z.prefault(z.enum(['standard', 'slack', 'alertmanager', 'pagerduty']), 'standard'),
    "standard: certagent's own JSON; slack: a Slack message; alertmanager: Alertmanager API v2; pagerduty: PagerDuty Events API v2.",
  ),
  secret_file: note(
    z.optional(secretFile()),
    "File or systemd credential with the signing secret (standardwebhooks.com), or PagerDuty's routing key.",
    'webhook-secret',
  ),
  ca_file: note(
    z.optional(absolutePath()),
    'PEM file with the CAs to trust instead of the built-in ones.',
    '/etc/ssl/certs/ours.pem',
  ),
  least: note(
    z.prefault(z.enum(['info', 'warning', 'critical']), 'info'),
    'Minimum severity of the alerts that this sink receives.',
  ),
});

export type EmailSink = z.infer<typeof email>;
export type WebhookSink = z.infer<typeof webhook>;
