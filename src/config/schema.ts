import * as z from 'zod/mini';
import { parseDuration } from '../domain/time/duration.ts';

/**
 * The only definition of every key: type, default (as an operator writes it), description. The example, the manual and the
 * checks are generated from it.
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
          'is not a duration: use a number and s, m, h or d, for example "90d"',
        ),
      ),
    z.transform((text: string) => parseDuration(text) as number),
  );
const clockTime = () =>
  z.pipe(
    z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day: use the form "02:00"')),
    z.transform((text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))),
  );
const count = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));
/** It names a directory of the spool. */
const sinkNameText = () =>
  z
    .string()
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'can only contain letters, digits, "-" and "_", at most 63'));
/** A file that holds a secret: the node's own path, or the name of a systemd credential. */
const secretFile = () =>
  z
    .string()
    .check(z.regex(/^(\/|[A-Za-z0-9][A-Za-z0-9._-]*$)/, 'is neither an absolute path nor the name of a credential'));
const absolutePath = () => z.string().check(z.regex(/^\//, 'is not an absolute path'));

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const days = () =>
  z.pipe(
    z.array(z.enum(DAYS)).check(z.minLength(1)),
    z.transform((names: (typeof DAYS)[number][]) => names.map((name) => DAYS.indexOf(name))),
  );

const email = z.strictObject({
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

const webhook = z.strictObject({
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

/** A table whose keys all have defaults can be omitted. */
const table = <S extends z.core.$ZodShape>(shape: S) => z.prefault(z.strictObject(shape), {} as never);

export const schema = z.strictObject({
  mode: note(
    z.prefault(z.enum(['renew', 'observe']), 'renew'),
    'renew: renew what is due; observe: watch and alert, but do not change the node (a renewal that was interrupted is still finished or undone).',
  ),
  log: note(
    table({
      level: note(z.prefault(z.enum(['debug', 'info', 'warn', 'error']), 'info'), 'Minimum level that is logged.'),
    }),
    'The log on standard output.',
  ),
  check: note(
    table({
      schedule: note(
        z.prefault(z.string(), '0 */6 * * *'),
        "When to check: five cron fields, in the node's time zone. A changed file also starts a check.",
      ),
      jitter: note(
        z.prefault(duration(), '5m'),
        'Maximum delay of each check. The delay is fixed for a node and differs between nodes, so that many nodes do not check at the same time.',
      ),
    }),
    'The regular check.',
  ),
  windows: note(
    table({
      opens: note(
        z.prefault(duration(), '90d'),
        'How long before expiry a certificate is renewed in the maintenance window.',
      ),
      urgent: note(
        z.prefault(duration(), '30d'),
        'How long before expiry a certificate is renewed at the next check, at any hour.',
      ),
    }),
    'The renewal window, counted back from expiry. For a certificate whose lifetime is less than three times "opens", a third and a sixth of its lifetime apply instead.',
  ),
  maintenance: note(
    table({
      days: note(z.prefault(days(), [...DAYS]), 'Days on which the maintenance window starts.'),
      start: note(z.prefault(clockTime(), '02:00'), 'Local time at which it starts.'),
      end: note(
        z.prefault(clockTime(), '05:00'),
        'Local time at which it closes; earlier than "start" means on the next day, equal to "start" means all day.',
      ),
      time_zone: note(z.prefault(z.string(), 'node'), 'IANA time zone, or "node" for the node\'s own.'),
    }),
    'The maintenance window: when a renewal that is not urgent may run.',
  ),
  renew: note(
    table({
      cycle: note(
        z.prefault(z.enum(['annotate', 'move']), 'annotate'),
        'How static pods are restarted. annotate: change an annotation in the manifest; move: move the manifest out and back, which takes longer.',
      ),
      tries_per_day: note(z.prefault(count(1, 24), 3), 'Maximum number of automatic attempts in 24 hours.'),
      backups: note(z.prefault(count(1, 100), 5), 'Number of backups to keep.'),
      kubeadm_config: note(
        z.optional(absolutePath()),
        "File that is passed to kubeadm as --config; required if the cluster's paths differ from kubeadm's defaults.",
        '/etc/kubernetes/kubeadm.yaml',
      ),
      kubeadm_limit: note(z.prefault(duration(), '2m'), 'Time limit for one kubeadm call.'),
      component_limit: note(
        z.prefault(duration(), '6m'),
        "Time limit for a restarted component to be healthy again; the kubelet's back-off alone can take 5 minutes.",
      ),
      etcd_patience: note(
        z.prefault(duration(), '10s'),
        'How long to wait for etcd to serve a renewed certificate before it is restarted.',
      ),
      restart_limit: note(z.prefault(duration(), '5m'), 'Time limit for a restarted k3s or rke2 unit to be ready.'),
      listener_limit: note(
        z.prefault(duration(), '3m'),
        "Time limit for K3s's listener certificate, which K3s renews about 30 s after its start.",
      ),
      served_limit: note(
        z.prefault(duration(), '90s'),
        'Time limit for a server to serve the certificate that is on disk.',
      ),
    }),
    'How a renewal runs.',
  ),
  watch: note(
    table({
      paths: note(
        z.prefault(z.array(absolutePath()), []),
        'More certificates and kubeconfigs to watch; * and ** are wildcards.',
        ['/etc/ssl/ingress/*.crt'],
      ),
    }),
    "Files to watch in addition to the node's own. certagent reports them and never renews them.",
  ),
  clock: note(
    table({
      require_synchronized: note(
        z.prefault(z.boolean(), true),
        'Renew and report expiry only while the clock is synchronised. Set this to false on a node without a time source.',
      ),
    }),
    "When the node's clock is trusted.",
  ),
  copies: note(
    table({
      enabled: note(z.prefault(z.boolean(), true), "Update users' kubeconfig copies (~/.kube/config)."),
      paths: note(z.prefault(z.array(absolutePath()), []), 'More copies, for example in directories of CI runners.', [
        '/srv/ci/kubeconfig',
      ]),
      users: note(
        z.prefault(z.array(z.string()), []),
        'Users who get a copy of the admin kubeconfig if they have none.',
        ['alice'],
      ),
    }),
    "Users' kubeconfig copies.",
  ),
  alerts: note(
    table({
      repeat: note(z.prefault(duration(), '24h'), 'An active alert is repeated after this time.'),
      email: note(z.prefault(z.array(email), []), 'An email sink. Repeat the table for more.'),
      webhook: note(z.prefault(z.array(webhook), []), 'A webhook sink. Repeat the table for more.'),
    }),
    'Where alerts go.',
  ),
  control: note(
    table({
      group: note(
        z.prefault(z.string(), 'certagent'),
        'Group that can use the status socket. Only root can use the control socket.',
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
