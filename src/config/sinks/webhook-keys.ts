import * as z from '../fields.ts';
import { note, secretFile } from '../fields.ts';
import { caFile, least, sinkName } from './common-keys.ts';
import type { SinkKind } from './sink-kind.ts';

/** The keys of one [[alerts.webhook]]. */
const keys = z.strictObject({
  name: sinkName('chat'),
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
  ca_file: caFile(),
  least: least(),
});

export type WebhookSink = z.infer<typeof keys>;

export const webhook: SinkKind<typeof keys, WebhookSink> = {
  title: 'A webhook sink',
  keys,
  files: [
    { key: 'ca_file', isSecret: false },
    { key: 'secret_file', isSecret: true },
    { key: 'url_file', isSecret: true },
  ],
  problems: ({ url, url_file, shape, secret_file }) => [
    ...(url === undefined && url_file === undefined
      ? [{ key: 'url', message: 'is missing, and so is "url_file"' }]
      : []),
    ...(shape === 'pagerduty' && secret_file === undefined
      ? [{ key: 'secret_file', message: 'is missing: the shape "pagerduty" needs a file with the routing key' }]
      : []),
  ],
};
