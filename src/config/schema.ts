import { HOUR } from '../domain/time/duration.ts';
import { clusterTable } from './cluster-keys.ts';
import { certificateCopyTables } from './copy-keys.ts';
import { externalCaTable } from './external-ca-keys.ts';
import * as z from './fields.ts';
import {
  absolutePath,
  clockTime,
  DAYS,
  days,
  duration,
  note,
  table,
  textfilePath,
  unitName,
  userNames,
} from './fields.ts';
import { hookTables } from './hook-keys.ts';
import { logTable } from './log-keys.ts';
import { renewTable } from './renew-keys.ts';
import { sinkTables } from './sinks/index.ts';
import { usersTable } from './user-keys.ts';

export const DEFAULT_SCHEDULE = '0 */6 * * *';
/** Milliseconds between two checks of the default schedule. */
export const DEFAULT_INTERVAL = 6 * HOUR;

/**
 * The only definition of every key: type, default (as an operator writes it), description. The example, the manual and the
 * checks are generated from it.
 */
export const schema = z.strictObject({
  mode: note(
    z.prefault(z.enum(['renew', 'observe']), 'renew'),
    'renew: renew what is due; observe: watch and alert, but do not change the node (a renewal that was interrupted is still finished or undone, and certagent restore works).',
  ),
  log: logTable(),
  node: note(
    table({
      unit: note(
        z.optional(unitName()),
        'systemd unit that runs this node, where certagent does not find it by what it runs.',
        'k3s-edge',
      ),
      site: note(
        z.optional(z.string()),
        'Where this node is. Many sites have a node of the same name: the site is in every alert, subject and metric, in the status, and in certagent fleet.',
        'oslo',
      ),
      labels: note(
        z.prefault(z.record(z.string(), z.string()), {}),
        'What else distinguishes this node: added to every alert, email subject and metric. Any names that Prometheus allows.',
        { rack: 'b7' },
      ),
      name: note(
        z.optional(z.string()),
        "Name of this node in status and alerts. By default its name in the cluster (from the kubelet's certificate), else its host name.",
        'edge-17',
      ),
    }),
    'The Kubernetes node.',
  ),
  check: note(
    table({
      schedule: note(
        z.prefault(z.string(), DEFAULT_SCHEDULE),
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
  renew: renewTable(),
  hooks: hookTables(),
  cluster: clusterTable(),
  external_ca: externalCaTable(),
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
      users: note(userNames(), 'Users who get a copy of the admin kubeconfig if they have none.', ['alice']),
      only: note(userNames(), 'Update only the copies of these users; empty means all users.', ['ci']),
      deny: note(userNames(), 'Never update the copies of these users, so that their access expires.', ['mallory']),
      grace: note(
        z.prefault(duration(), '7d'),
        'Report a copy that expired longer ago than this, and leave it as it is.',
      ),
      certificates: certificateCopyTables(),
    }),
    "Copies: users' kubeconfigs, and certificates for services.",
  ),
  users: usersTable(),
  alerts: note(
    table({
      repeat: note(z.prefault(duration(), '24h'), 'An active alert is repeated after this time.'),
      labels: note(
        z.prefault(z.record(z.string(), z.string()), {}),
        'More labels for alerts, email subjects and metrics; those of node.site and node.labels win. "instance" is the name of the node unless it is set here.',
        { instance: 'edge-17:9100' },
      ),
      runbooks: note(
        z.prefault(z.string().check(z.regex(/^(https?:\/\/[^\s/]\S*)?$/, 'is not an http or https address')), ''),
        'Address below which you keep the pages of /usr/share/doc/certagent/alerts: every alert links to CODE.md there. Empty: it names the page on the node.',
        'https://wiki.example.org/certagent',
      ),
      ...sinkTables,
    }),
    'Where alerts go.',
  ),
  metrics: note(
    table({
      textfile: note(
        z.optional(textfilePath()),
        "File for the textfile collector of Prometheus' node_exporter, written after each check. `certagent metrics` prints the same.",
        '/var/lib/prometheus/node-exporter/certagent.prom',
      ),
    }),
    'Metrics for Prometheus.',
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

export type Config = z.infer<typeof schema>;
