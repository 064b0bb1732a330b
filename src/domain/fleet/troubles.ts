import type { Alert } from '../alerts/alert.ts';
import type { Certificate, Instant } from '../model/certificate.ts';
import type { Decision } from '../model/decision.ts';
import { DAY, formatDuration, MINUTE } from '../time/duration.ts';

/** In days: what expires sooner is a warning, or critical. */
export type Limits = { warning: number; critical: number };

/** What a status report is judged by: of another node's report, this much is read. */
export type Judged = {
  /** When it was asked. */
  at: Instant;
  source: 'daemon' | 'node';
  certificates: {
    id: string;
    owner: string;
    decision: Pick<Decision, 'nearness' | 'opensAt'>;
    certificate: Pick<Certificate, 'notAfter'>;
  }[];
  alerts: { alert: Pick<Alert, 'severity' | 'text'> }[];
  nextCheckAt: Instant | null;
  configError: string | null;
  failingSinks: string[];
};

/** `isExpiry`: it is about one certificate, and many may share it. */
export type Trouble = { level: 'warning' | 'critical'; text: string; isExpiry?: true };

/** How late a check can be before it counts as missed: a renewal can delay it. */
const CHECK_PATIENCE = 30 * MINUTE;

/** Kubeconfig copies are updated, not renewed: a problem with one is an alert. First to expire, first. */
export function ownCertificates<Row extends Judged['certificates'][number]>(certificates: Row[]): Row[] {
  return certificates
    .filter(({ owner }) => owner !== 'copy')
    .toSorted((a, b) => a.certificate.notAfter - b.certificate.notAfter);
}

/** What is wrong with a node, for `certagent check` and `certagent fleet`. */
export function troublesOf(report: Judged, limits: Limits, now: Instant): Trouble[] {
  return [...ownCertificates(report.certificates).flatMap((row) => ofCertificate(row, limits, now)), ...ofNode(report)];
}

/** A certificate whose renewal window is not open yet is fine, however short its life. */
function ofCertificate(
  { id, decision, certificate }: Judged['certificates'][number],
  limits: Limits,
  now: Instant,
): Trouble[] {
  const left = certificate.notAfter - now;
  if (left <= 0) return [{ level: 'critical', text: `${id} has expired`, isExpiry: true }];
  if (decision.nearness === 'not-yet-valid')
    return [{ level: 'critical', text: `${id} is not valid yet`, isExpiry: true }];
  if (decision.nearness === 'valid') return [];
  const text = `${id} expires in ${formatDuration(left)}`;
  const { warning, critical } = scaled(limits, certificate.notAfter - decision.opensAt);
  const level = left < critical ? 'critical' : left < warning ? 'warning' : null;
  return level === null ? [] : [{ level, text, isExpiry: true }];
}

const SHORT = 30 * DAY;

/** In milliseconds. A renewal window that is shorter than a month is that of a short-lived certificate. */
function scaled(limits: Limits, window: number) {
  const [warning, critical] = [limits.warning * DAY, limits.critical * DAY];
  return window >= SHORT
    ? { warning, critical }
    : { warning: Math.min(warning, (window * 2) / 3), critical: Math.min(critical, window / 3) };
}

/** A report may be read long after it was asked for: its next check is late by the time of the report. */
function ofNode({ alerts, at, nextCheckAt, configError, failingSinks, source }: Judged): Trouble[] {
  const isDaemon = source === 'daemon';
  const late = isDaemon && nextCheckAt !== null ? at - nextCheckAt : 0;
  return [
    ...alerts.flatMap(({ alert: { severity, text } }): Trouble[] =>
      severity === 'info' ? [] : [{ level: severity, text: text.replace(/\.$/, '') }],
    ),
    ...(isDaemon ? [] : [warning('no daemon is running: nothing is renewed')]),
    ...(late > CHECK_PATIENCE ? [warning(`the check due ${formatDuration(late)} ago did not run`)] : []),
    ...(configError === null ? [] : [warning('the configuration was refused')]),
    ...(failingSinks.length === 0 ? [] : [warning(`alerts do not reach ${failingSinks.join(', ')}`)]),
  ];
}

const warning = (text: string): Trouble => ({ level: 'warning', text });
