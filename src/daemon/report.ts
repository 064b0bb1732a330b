import packageJson from '../../package.json' with { type: 'json' };
import { nodeLabels } from '../config/node-labels.ts';
import type { Config } from '../config/schema.ts';
import type { StandingAlert } from '../domain/alerts/alert.ts';
import type { Severity } from '../domain/alerts/severity.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Progress } from '../domain/model/journal.ts';
import type { Orders } from '../domain/model/orders.ts';
import { STATUS_SCHEMA, type StatusReport, type StatusRow } from '../domain/model/status.ts';
import { formatDuration } from '../domain/time/duration.ts';
import type { View } from './view.ts';

export type ReportInput = {
  view: View;
  config: Config;
  standing: StandingAlert[];
  failingSinks: string[];
  running: Progress | null;
  orders: Orders;
  configError: string | null;
  nextCheckAt: Instant | null;
  at: Instant;
};

/** Everything `certagent status` shows, most urgent certificate first. */
export function statusReport(input: ReportInput): StatusReport {
  const { inventory, decisions, history } = input.view;
  const byId = new Map(decisions.certificates.map((decision) => [decision.id, decision]));
  const rows: StatusRow[] = inventory.certificates.flatMap((certificate) => {
    const decision = byId.get(certificate.id);
    return decision === undefined ? [] : [{ ...certificate, decision }];
  });
  const { loopback } = inventory.preconditions;
  return {
    schema: STATUS_SCHEMA,
    at: input.at,
    checkedAt: inventory.takenAt,
    source: 'daemon',
    version: packageJson.version,
    mode: input.config.mode,
    node: inventory.node,
    labels: nodeLabels(input.config),
    certificates: rows.sort((a, b) => a.certificate.notAfter - b.certificate.notAfter || a.id.localeCompare(b.id)),
    findings: inventory.findings,
    served: inventory.served,
    ...(loopback === undefined ? {} : { loopback }),
    renewal: decisions.renewal,
    running: input.running,
    lastAttempt: history.attempts.at(-1) ?? null,
    ...input.orders,
    alerts: input.standing,
    copies: input.view.copies,
    nextCheckAt: input.nextCheckAt,
    configError: input.configError,
    failingSinks: input.failingSinks,
  };
}

const SEVERITIES = ['critical', 'warning'] as const satisfies Severity[];

/** The one line of `systemctl status`. */
export function statusLine(status: StatusReport): string {
  const first = status.certificates[0];
  if (first === undefined) return 'no certificate found on this node';
  const { id, certificate } = first;
  const left = certificate.notAfter - status.at;
  const parts = [
    status.running === null ? '' : `renewing, step ${status.running.step + 1} of ${status.running.steps}`,
    status.mode === 'observe' ? 'observing' : '',
    status.pause == null ? '' : 'renewals paused',
    ...SEVERITIES.map((severity) => counted(status.alerts, severity)),
    left < 0 ? `expired ${formatDuration(-left)} ago (${id})` : `first expires in ${formatDuration(left)} (${id})`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function counted(alerts: StatusReport['alerts'], severity: Severity): string {
  const count = alerts.filter(({ alert }) => alert.severity === severity).length;
  return count === 0 ? '' : `${count} ${severity}`;
}
