import { MINUTE } from '../../domain/time/duration.ts';
import * as z from '../fields.ts';
import { duration, note, secretFile } from '../fields.ts';
import { caFile, sinkName } from './common-keys.ts';
import type { SinkKind } from './sink-kind.ts';

/** The keys of one [[alerts.heartbeat]]. */
const keys = z.strictObject({
  name: sinkName('alive'),
  url: note(
    z.optional(z.string().check(z.regex(/^https?:\/\/[^\s/]/, 'is not an http or https address'))),
    'Address to ask after each completed check; url or url_file is required.',
    'https://hc-ping.com/5e0f2d0c-0000-4000-8000-000000000001',
  ),
  url_file: note(
    z.optional(secretFile()),
    'File or systemd credential with the address, if the address is a secret; it takes precedence over url.',
    'heartbeat-url',
  ),
  shape: note(
    z.prefault(z.enum(['healthchecks', 'uptime-kuma', 'plain']), 'healthchecks'),
    'healthchecks: healthchecks.io, with /fail while a critical alert is active; uptime-kuma: a push monitor of Uptime Kuma, down while a critical alert is active; plain: the address as it is, whatever is active.',
  ),
  every: note(
    z.optional(duration()),
    'Also ask at this interval between two checks, as long as the checks run when they are due. Set the same period in the service that is asked.',
    '5m',
  ),
  ca_file: caFile(),
});

export type HeartbeatSettings = z.infer<typeof keys>;

export const heartbeat: SinkKind<typeof keys, HeartbeatSettings> = {
  title: 'A heartbeat: a service that raises an alarm when this node is silent',
  keys,
  files: [
    { key: 'ca_file', isSecret: false },
    { key: 'url_file', isSecret: true },
  ],
  problems: ({ url, url_file, every }) => [
    ...(url === undefined && url_file === undefined
      ? [{ key: 'url', message: 'is missing, and so is "url_file"' }]
      : []),
    ...(every !== undefined && every < MINUTE ? [{ key: 'every', message: 'must be at least 1m' }] : []),
  ],
};
