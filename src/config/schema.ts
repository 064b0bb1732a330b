import * as z from 'zod/mini';
import { parseDuration } from '../domain/time/duration.ts';

/**
 * The one definition of every key: type, default (as an operator would write it), description. The example, the manual and
 * the checks are made from it; nothing of it is written down a second time.
 */
export type KeyNote = { description: string; example?: unknown };
export const notes = z.registry<KeyNote>();

function note<S extends z.core.$ZodType>(schema: S, description: string, example?: unknown): S {
  notes.add(schema, example === undefined ? { description } : { description, example });
  return schema;
}

const duration = () =>
  z.pipe(
    z
      .string()
      .check(
        z.refine(
          (text) => parseDuration(text) !== null,
          'is no duration: write a number and s, m, h or d, as in "90d"',
        ),
      ),
    z.transform((text: string) => parseDuration(text) as number),
  );
const clockTime = () =>
  z.pipe(
    z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is no time of day: write it as "02:00"')),
    z.transform((text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))),
  );
const count = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));
/** It names a directory of the spool. */
const sinkNameText = () =>
  z
    .string()
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'may only have letters, digits, "-" and "_", 63 at most'));
/** A file that holds a secret: the node's own path, or the name of a systemd credential. */
const secretFile = () =>
  z
    .string()
    .check(z.regex(/^(\/|[A-Za-z0-9][A-Za-z0-9._-]*$)/, 'is neither an absolute path nor the name of a credential'));
const userNames = () => z.prefault(z.array(z.string()), []);
const absolutePath = () => z.string().check(z.regex(/^\//, 'is no absolute path'));

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const days = () =>
  z.pipe(
    z.array(z.enum(DAYS)).check(z.minLength(1)),
    z.transform((names: (typeof DAYS)[number][]) => names.map((name) => DAYS.indexOf(name))),
  );

const email = z.strictObject({
  name: note(z.optional(sinkNameText()), 'What status and errors call this sink.', 'ops-mail'),
  host: note(z.string(), 'SMTP server.', 'smtp.example.org'),
  port: note(z.prefault(count(1, 65_535), 587), 'Port of the SMTP server.'),
  security: note(
    z.prefault(z.enum(['starttls', 'tls', 'none']), 'starttls'),
    'starttls: refuse to go on without it; tls: encrypted from the first byte; none: plain text, for a relay on this machine.',
  ),
  ca_file: note(
    z.optional(absolutePath()),
    'PEM file of the CAs to trust instead of the built-in ones.',
    '/etc/ssl/certs/ours.pem',
  ),
  user: note(z.optional(z.string()), 'User name, where the server wants one.', 'certagent'),
  password_file: note(
    z.optional(secretFile()),
    "File that holds the password; a bare name is looked up among the unit's systemd credentials.",
    'smtp-password',
  ),
  from: note(z.string(), 'Sender.', 'certagent@example.org'),
  to: note(z.array(z.string()).check(z.minLength(1)), 'Recipients.', ['ops@example.org']),
  least: note(z.prefault(z.enum(['info', 'warning', 'critical']), 'info'), 'Least severity that this sink is told.'),
});

const webhook = z.strictObject({
  name: note(z.optional(sinkNameText()), 'What status and errors call this sink.', 'chat'),
  url: note(
    z.optional(z.string().check(z.regex(/^https?:\/\/[^\s/]/, 'is no http or https address'))),
    'Where to POST; this or url_file must be there.',
    'https://hooks.example.org/certagent',
  ),
  url_file: note(
    z.optional(secretFile()),
    'File or systemd credential with the address, for addresses that are secrets; it replaces url.',
    'chat-url',
  ),
  shape: note(
    z.prefault(z.enum(['standard', 'slack', 'alertmanager', 'pagerduty']), 'standard'),
    "standard: certagent's own JSON; slack: a message; alertmanager: its API v2; pagerduty: events v2.",
  ),
  secret_file: note(
    z.optional(secretFile()),
    "File or systemd credential with the signing secret (standardwebhooks.com), or PagerDuty's routing key.",
    'webhook-secret',
  ),
  ca_file: note(
    z.optional(absolutePath()),
    'PEM file of the CAs to trust instead of the built-in ones.',
    '/etc/ssl/certs/ours.pem',
  ),
  least: note(z.prefault(z.enum(['info', 'warning', 'critical']), 'info'), 'Least severity that this sink is told.'),
});

/** A table whose keys all have defaults may be left out whole. */
const table = <S extends z.core.$ZodShape>(shape: S) => z.prefault(z.strictObject(shape), {} as never);

export const schema = z.strictObject({
  mode: note(
    z.prefault(z.enum(['renew', 'observe']), 'renew'),
    'renew: renew what is due; observe: watch and alert, never change the node (but a renewal that was under way is finished or undone).',
  ),
  log: note(
    table({
      level: note(z.prefault(z.enum(['debug', 'info', 'warn', 'error']), 'info'), 'Least level that is logged.'),
    }),
    'The log on standard output.',
  ),
  check: note(
    table({
      schedule: note(
        z.prefault(z.string(), '0 */6 * * *'),
        "When to check, as five cron fields in the node's time zone. File changes are seen at once besides.",
      ),
      jitter: note(
        z.prefault(duration(), '5m'),
        'Each check is late by a part of this that stays the same for this node, so that many nodes do not check at once.',
      ),
    }),
    'The regular check.',
  ),
  windows: note(
    table({
      opens: note(
        z.prefault(duration(), '90d'),
        'So long before its end a certificate is renewed, inside the maintenance window.',
      ),
      urgent: note(
        z.prefault(duration(), '30d'),
        'So long before its end it is renewed at the next check, whatever the hour.',
      ),
    }),
    'The renewal window, counted back from a certificate\'s end. Certificates granted for less than three times "opens" use a third and a sixth of what was granted.',
  ),
  maintenance: note(
    table({
      days: note(z.prefault(days(), [...DAYS]), 'Days on which the window starts.'),
      start: note(z.prefault(clockTime(), '02:00'), 'Local time of its start.'),
      end: note(
        z.prefault(clockTime(), '05:00'),
        'Local time of its end; before "start" means on the next day, the same as "start" means the whole day.',
      ),
      time_zone: note(z.prefault(z.string(), 'node'), 'IANA name, or "node" for the node\'s own.'),
    }),
    'When a renewal that is not urgent may disturb the node.',
  ),
  renew: note(
    table({
      cycle: note(
        z.prefault(z.enum(['annotate', 'move']), 'annotate'),
        'How static pods are cycled. annotate: an annotation changes by atomic rename, about 3 s without the API; move: manifest out and back, 20 s and more.',
      ),
      tries_per_day: note(z.prefault(count(1, 24), 3), 'Automatic tries within 24 hours.'),
      backups: note(z.prefault(count(1, 100), 5), 'How many backups are kept.'),
      kubeadm_config: note(
        z.optional(absolutePath()),
        "Passed to kubeadm as --config; needed where the cluster's paths differ from kubeadm's defaults.",
        '/etc/kubernetes/kubeadm.yaml',
      ),
      kubeadm_limit: note(z.prefault(duration(), '2m'), 'Time limit of one kubeadm call.'),
      component_limit: note(
        z.prefault(duration(), '6m'),
        "Time limit for a cycled component to be back and healthy; the kubelet's back-off alone can take 5 minutes.",
      ),
      etcd_patience: note(
        z.prefault(duration(), '10s'),
        'How long etcd may take to serve a renewed certificate by itself before it is cycled.',
      ),
      restart_limit: note(z.prefault(duration(), '5m'), 'Time limit for a restarted k3s or rke2 unit to be ready.'),
      listener_limit: note(
        z.prefault(duration(), '3m'),
        "Time limit for K3s's listener certificate, which is renewed about 30 s after the start.",
      ),
      served_limit: note(z.prefault(duration(), '90s'), 'Time limit for a server to serve what is on disk.'),
    }),
    'How a renewal is carried out.',
  ),
  watch: note(
    table({
      paths: note(
        z.prefault(z.array(absolutePath()), []),
        'Further certificates and kubeconfigs to watch; * and ** are understood.',
        ['/etc/ssl/ingress/*.crt'],
      ),
    }),
    "Files besides the node's own. They are never renewed, only told about.",
  ),
  clock: note(
    table({
      require_synchronized: note(
        z.prefault(z.boolean(), true),
        'Renew and tell ends only while the clock is synchronised. Set it to false where the node has nothing to be synchronised with.',
      ),
    }),
    "How far the node's clock is believed.",
  ),
  copies: note(
    table({
      enabled: note(z.prefault(z.boolean(), true), "Bring users' kubeconfig copies (~/.kube/config) up to date."),
      paths: note(z.prefault(z.array(absolutePath()), []), "Further copies, for instance in CI runners' directories.", [
        '/srv/ci/kubeconfig',
      ]),
      users: note(userNames(), 'Users who get a copy of the admin kubeconfig though they have none.', ['alice']),
      only: note(userNames(), 'Only their copies are brought up to date; empty means those of all users.', ['ci']),
      deny: note(userNames(), 'Their copies are never brought up to date, so that their access expires.', ['mallory']),
      grace: note(z.prefault(duration(), '7d'), 'A copy that expired longer ago than this is reported and left.'),
    }),
    "Users' kubeconfig copies.",
  ),
  alerts: note(
    table({
      repeat: note(z.prefault(duration(), '24h'), 'A standing alert is sent again after this time.'),
      email: note(z.prefault(z.array(email), []), 'An email sink; there can be several.'),
      webhook: note(z.prefault(z.array(webhook), []), 'A webhook sink; there can be several.'),
    }),
    'Who is told.',
  ),
  control: note(
    table({
      group: note(
        z.prefault(z.string(), 'certagent'),
        'Group that may read the status socket. Only root reaches the control socket.',
      ),
    }),
    'The unix sockets.',
  ),
});

/** For the files that read the schema: this one alone knows zod. */
export type SchemaNode = z.core.$ZodType;
export type SchemaIssue = z.core.$ZodIssue;

export type Config = z.infer<typeof schema>;
export type EmailSink = z.infer<typeof email>;
export type WebhookSink = z.infer<typeof webhook>;
