import type { Instant } from '../model/certificate.ts';
import { short } from '../text/printable.ts';
import { DAY, formatDuration, MINUTE } from '../time/duration.ts';
import {
  FLEET_SCHEMA,
  type FleetAlert,
  type FleetAnswer,
  type FleetNode,
  type FleetRenewal,
  type FleetReport,
  type FleetStatus,
  LEVELS,
  type Level,
} from './model.ts';
import { type Limits, ownCertificates, type Trouble, troublesOf } from './troubles.ts';

/** A gathered status that is older than this says nothing of the node as it is now. */
const STALE = DAY;
/** Between a node's clock and ours. */
const SKEW = 5 * MINUTE;
/** Of one node. What it says beyond this is counted, not kept. */
const MOST = { certificates: 200, alerts: 100, labels: 20, troubles: 50 };
const NAME = 100;
const TEXT = 400;

/** All nodes as one report, worst first. `now`: of the machine that asks. */
export function fleetReport(answers: FleetAnswer[], limits: Limits, now: Instant): FleetReport {
  const nodes = answers.map((answer) => fleetNode(answer, limits, now)).sort(worstFirst);
  const counts = { critical: 0, unknown: 0, warning: 0, ok: 0 };
  for (const { level } of nodes) counts[level] += 1;
  return { schema: FLEET_SCHEMA, at: now, level: nodes[0]?.level ?? 'unknown', counts, nodes };
}

/** As monitoring plugins number them. */
export const EXIT_CODES: Record<Level, number> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

function worstFirst(a: FleetNode, b: FleetNode): number {
  return (
    LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
    (a.certificates[0]?.notAfter ?? Number.POSITIVE_INFINITY) -
      (b.certificates[0]?.notAfter ?? Number.POSITIVE_INFINITY) ||
    compare(a.site ?? '', b.site ?? '') ||
    compare(a.name, b.name)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function fleetNode(answer: FleetAnswer, limits: Limits, now: Instant): FleetNode {
  const host = short(answer.host, NAME);
  if ('silent' in answer)
    return { ...NOTHING, host, name: host === '' ? 'unknown' : host, silent: short(answer.silent) };
  const { status, askedAt } = answer;
  const troubles = [...ofAnswer(status, askedAt, now), ...troublesOf(status, limits, now)];
  const certificates = withoutRepeats(ownCertificates(status.certificates));
  const silent =
    askedAt === null && now - status.at > STALE ? `last answer ${formatDuration(now - status.at)} ago` : null;
  const labels = labelsOf(status);
  return {
    host,
    name: short(status.node.name, NAME),
    site: labels.site ?? null,
    labels,
    level: levelOf(troubles, silent, certificates.length),
    troubles: troublesText(troubles, certificates.length),
    silent,
    at: status.at,
    version: short(status.version, NAME),
    mode: short(status.mode, NAME),
    distribution: named(status.node.distribution),
    role: named(status.node.role),
    kubernetes: named(status.node.version),
    certificates: certificates.slice(0, MOST.certificates).map(({ id, owner, certificate, decision }) => ({
      id: short(id, NAME),
      owner: short(owner, NAME),
      notAfter: certificate.notAfter,
      nearness: now > certificate.notAfter ? 'expired' : decision.nearness,
    })),
    certificateCount: certificates.length,
    alerts: status.alerts.slice(0, MOST.alerts).map(alertOf),
    next: nextOf(status),
    lastRenewal: renewalOf(status.lastAttempt),
  };
}

const NOTHING: Omit<FleetNode, 'host' | 'name' | 'silent'> = {
  site: null,
  labels: {},
  level: 'unknown',
  troubles: [],
  at: null,
  version: null,
  mode: null,
  distribution: null,
  role: null,
  kubernetes: null,
  certificates: [],
  certificateCount: 0,
  alerts: [],
  next: null,
  lastRenewal: null,
};

const named = (text: string | null): string | null => (text === null ? null : short(text, NAME));

function levelOf(troubles: Trouble[], silent: string | null, certificates: number): Level {
  // What is expired by our own clock is critical, however old the answer.
  if (troubles.some(({ level }) => level === 'critical')) return 'critical';
  if (silent !== null || certificates === 0) return 'unknown';
  return troubles.length > 0 ? 'warning' : 'ok';
}

/** Certificates expire together: of a level, the first is named and the others are counted. */
function troublesText(troubles: Trouble[], certificates: number): string[] {
  const texts = (['critical', 'warning'] as const).flatMap((level) => {
    const [expiries, others] = partition(troubles.filter((trouble) => trouble.level === level));
    const more = expiries.length > 1 ? ` (and ${expiries.length - 1} more)` : '';
    const first = expiries.slice(0, 1).map(({ text }) => `${short(text, TEXT)}${more}`);
    return [...first, ...others.map(({ text }) => short(text, TEXT))];
  });
  return [...(certificates === 0 ? ['no certificate was found'] : []), ...texts.slice(0, MOST.troubles)];
}

function partition(troubles: Trouble[]): [expiries: Trouble[], others: Trouble[]] {
  return [troubles.filter(({ isExpiry = false }) => isExpiry), troubles.filter(({ isExpiry = false }) => !isExpiry)];
}

/** A node that was asked just now shows what its clock is worth; an answer from the future shows it at any time. */
function ofAnswer({ at }: FleetStatus, askedAt: Instant | null, now: Instant): Trouble[] {
  const ahead = at - (askedAt ?? now);
  if (ahead > SKEW)
    return [{ level: 'warning', text: `its clock is ${formatDuration(ahead)} ahead of this machine's` }];
  if (askedAt !== null && -ahead > SKEW)
    return [{ level: 'warning', text: `its clock is ${formatDuration(-ahead)} behind this machine's` }];
  return [];
}

/** The same CA is in every kubeconfig: once is enough. */
function withoutRepeats(rows: FleetStatus['certificates']): FleetStatus['certificates'] {
  const seen = new Set<string>();
  return rows.filter(({ owner, certificate: { notAfter } }) => {
    if (owner !== 'cluster-ca') return true;
    const isNew = !seen.has(String(notAfter));
    seen.add(String(notAfter));
    return isNew;
  });
}

function labelsOf({ labels = {} }: FleetStatus): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .slice(0, MOST.labels)
      .map(([name, value]) => [short(name, NAME), short(value, NAME)]),
  );
}

function alertOf({ alert, since }: FleetStatus['alerts'][number]): FleetAlert {
  return {
    code: short(alert.code, NAME),
    severity: alert.severity,
    subject: short(alert.subject, NAME),
    text: short(alert.text, TEXT),
    remedy: short(alert.remedy, TEXT),
    since,
  };
}

function renewalOf(attempt: FleetStatus['lastAttempt']): FleetRenewal | null {
  if (attempt === null) return null;
  const { startedAt, endedAt, error, granted } = attempt;
  return {
    startedAt,
    endedAt,
    result: short(attempt.result, NAME),
    trigger: short(attempt.trigger, NAME),
    certificates: granted.length,
    error: error === null ? null : short(`${error.message} (${error.code})`, TEXT),
  };
}

/** A kind that this version does not know is shown as it is. */
function nextOf({ renewal, running }: FleetStatus): FleetNode['next'] {
  if (running !== null) return { text: `renewing now, step ${running.step + 1} of ${running.steps}`, at: null };
  const { kind, nextAt = null, until = null, blockers = [] } = renewal;
  switch (kind) {
    case 'none':
      return nextAt === null ? null : { text: 'renewal window opens', at: nextAt };
    case 'now':
      return { text: 'renews at the next check', at: null };
    case 'waiting':
      return { text: until === null ? `waits: ${short(renewal.why ?? '', NAME)}` : 'renews', at: until };
    case 'observing':
      return { text: 'due, and only observed', at: null };
    case 'blocked':
      return { text: short(`blocked: ${blockers[0]?.why ?? 'see its status'}`, TEXT), at: null };
    default:
      return { text: short(kind, NAME), at: until };
  }
}
