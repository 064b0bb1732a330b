import type { ObservedCertificate } from '../model/inventory.ts';
import { DAY } from '../time/duration.ts';
import { type Alert, type Severity, worstOf } from './alert.ts';
import { type AlertInput, grouped, isAuthority, type Judged, judged, type Member } from './input.ts';
import { count, counted, date, end, list, sentences } from './words.ts';

/** So near an end nobody should wait for the next working day. */
const LAST_DAYS = 7 * DAY;

/**
 * What is told of certificates' ends. Each certificate is told once: an expired one is not urgent besides, one whose
 * renewal is blocked is named by that alert, a copy that sync keeps up to date follows its source.
 */
export function endAlerts(input: AlertInput): Alert[] {
  const { now } = input;
  const blocked = new Set(input.decisions.renewal.kind === 'blocked' ? input.decisions.renewal.ids : []);
  const leaves = judged(input).filter((each) => !isAuthority(each.observed) && !followsItsSource(each, input));
  const near = (nearness: Judged['decision']['nearness']) =>
    leaves.filter(({ decision }) => decision.nearness === nearness);
  const told = (of: Judged[]): Member[] => of.map(({ decision }) => [decision.id, end(decision.notAfter, now)]);

  // A user's own copy that nobody brings up to date hurts that user alone, and often nobody uses it any more.
  const expired = near('expired').filter(({ observed }) => observed.owner !== 'copy');
  const unborn = near('not-yet-valid').filter(({ observed }) => observed.owner !== 'copy');
  const urgent = near('urgent').filter(
    ({ observed, decision }) => !blocked.has(observed.id) && decision.verdict.kind !== 'escalate',
  );
  const due = near('due').filter(
    ({ observed, decision }) => !blocked.has(observed.id) && decision.verdict.kind !== 'escalate',
  );
  const lastDays = urgent.some(({ decision }) => decision.notAfter - now < LAST_DAYS);
  return [
    ...grouped(told(expired), {
      code: 'CERTIFICATE_EXPIRED',
      severity: 'critical',
      text: `${counted(expired.length, 'certificate', 'has', 'have')} expired: ${names(expired)}.`,
      remedy: remedyOf(expired, 'Renew now and see what stands in the way: certagent renew'),
    }),
    ...grouped(
      unborn.map(
        ({ observed, decision }): Member => [decision.id, `valid from ${date(observed.certificate.notBefore)}`],
      ),
      {
        code: 'CERTIFICATE_NOT_YET_VALID',
        severity: 'critical',
        text: `${counted(unborn.length, 'certificate', 'is', 'are')} not valid yet: ${names(unborn)}.`,
        remedy: "Look at this node's clock, and at the clock of whoever signed: timedatectl",
      },
    ),
    ...grouped(told(urgent), {
      code: 'CERTIFICATE_URGENT',
      severity: lastDays ? 'critical' : 'warning',
      text: `${counted(urgent.length, 'certificate', 'ends', 'end')} soon: ${names(urgent)}.`,
      remedy: 'They are renewed at the next check; see why that has not happened: certagent status, certagent history',
    }),
    ...grouped(told(due), {
      code: 'CERTIFICATE_EXPIRING',
      severity: 'info',
      text: `${counted(due.length, 'certificate', 'is', 'are')} due and will be renewed in the maintenance window: ${names(due)}.`,
      remedy: 'Nothing; certagent plan shows what will be done.',
      once: true,
    }),
    ...blockedAlert(input, leaves),
    ...escalated(
      leaves.filter(({ observed }) => !blocked.has(observed.id)),
      input,
    ),
    ...authorityAlerts(input),
    ...outlives(leaves.map(({ observed }) => observed)),
  ];
}

/** A user's copy that sync brings up to date, or whose failure is told by itself. */
function followsItsSource({ observed: { owner, place }, decision }: Judged, { copies }: AlertInput): boolean {
  if (owner !== 'copy') return false;
  return (
    decision.verdict.kind === 'keep' || copies.some(({ path, result }) => path === place.path && result !== 'left')
  );
}

/** The renewal that cannot be, once, with every certificate it would have renewed. */
function blockedAlert({ decisions: { renewal }, now }: AlertInput, leaves: Judged[]): Alert[] {
  if (renewal.kind !== 'blocked') return [];
  const waiting = leaves.filter(({ observed }) => renewal.ids.includes(observed.id));
  const pressing = waiting.some(({ decision }) => decision.nearness === 'urgent' || decision.nearness === 'expired');
  const what = waiting.length === 0 ? 'Renewal' : `The renewal of ${count(waiting.length, 'certificate')}`;
  return grouped(
    [
      ...renewal.blockers.map(({ code, why }): Member => [code, why]),
      ...waiting.map(({ decision }): Member => [decision.id, end(decision.notAfter, now)]),
    ],
    {
      code: 'RENEWAL_BLOCKED',
      severity: pressing ? 'critical' : 'warning',
      text: sentences([`${what} is blocked: ${renewal.blockers.map(({ why }) => why).join('; ')}`]),
      remedy: sentences(renewal.blockers.map(({ remedy }) => remedy)),
    },
  );
}

/** Reasons that are alerts of their own, however far the end is. */
const TOLD_AS_FAULT = ['KEY_MISMATCH', 'NOT_SIGNED_BY_CA'];

/** What a person has to renew, one alert for each reason. */
function escalated(leaves: Judged[], { now }: AlertInput): Alert[] {
  const byCode = new Map<string, Judged[]>();
  for (const each of leaves) {
    const { verdict, nearness } = each.decision;
    const near = nearness === 'due' || nearness === 'urgent';
    const oldCopy = nearness === 'expired' && each.observed.owner === 'copy';
    if (verdict.kind !== 'escalate' || TOLD_AS_FAULT.includes(verdict.code) || !(near || oldCopy)) continue;
    byCode.set(verdict.code, [...(byCode.get(verdict.code) ?? []), each]);
  }
  return [...byCode].flatMap(([code, of]) => {
    const severity = worstOf(...of.map((each) => pressure(each, now)));
    return grouped(
      of.map(({ decision }): Member => [decision.id, end(decision.notAfter, now)]),
      {
        code: 'RENEWAL_NOT_OURS',
        subject: code,
        severity,
        once: severity === 'info',
        text: `${counted(of.length, 'certificate', 'ends', 'end')} and certagent cannot renew ${of.length === 1 ? 'it' : 'them'}: ${names(of)}.`,
        remedy: remedyOf(of, ''),
      },
    );
  });
}

/** Somebody else renews an operator's certificate, often late; nobody else renews the rest. A copy is its user's matter. */
function pressure({ observed: { owner }, decision: { nearness, notAfter } }: Judged, now: number): Severity {
  if (owner === 'copy') return 'info';
  if (notAfter - now < LAST_DAYS) return 'critical';
  const stages: [Severity, Severity] = owner === 'operator' ? ['info', 'warning'] : ['warning', 'critical'];
  return stages[nearness === 'due' ? 0 : 1];
}

/** Days before a CA's end at which it is told, with the severity from then on. */
const CA_STAGES: [days: number, severity: Severity][] = [
  [365, 'info'],
  [180, 'warning'],
  [90, 'warning'],
  [30, 'critical'],
];

function authorityAlerts(input: AlertInput): Alert[] {
  const { now } = input;
  const passed = (notAfter: number) => CA_STAGES.filter(([days]) => notAfter - now <= days * DAY);
  // CAs of other clusters in a user's kubeconfig are none of this node's business.
  const authorities = judged(input).filter(({ observed }) => isAuthority(observed) && observed.owner !== 'copy');
  // The same CA stands in its own file and behind each leaf of K3s: it is told once, under the name of its file.
  const byFingerprint = new Map<string, Judged>();
  for (const each of authorities) {
    const { fingerprint } = each.observed.certificate;
    if (!byFingerprint.has(fingerprint) || each.observed.owner === 'cluster-ca') byFingerprint.set(fingerprint, each);
  }
  const ending = [...byFingerprint.values()].filter(({ decision }) => passed(decision.notAfter).length > 0);
  const severity = worstOf(...ending.flatMap(({ decision }) => passed(decision.notAfter).map(([, each]) => each)));
  return grouped(
    ending.flatMap(({ decision: { id, notAfter } }): Member[] => [
      [id, end(notAfter, now)],
      // A stage that is passed is a further member, and with it the alert is told again.
      ...passed(notAfter)
        .slice(1)
        .map(([days]): Member => [`${id}: ${days} d before its end`, date(notAfter - days * DAY)]),
    ]),
    {
      code: 'CA_ENDING',
      severity,
      text: `${counted(ending.length, 'CA', 'ends', 'end')} within a year or ${ending.length === 1 ? 'has' : 'have'} ended: ${names(ending)}.`,
      remedy:
        'A renewal of certificates does not renew their CA: plan the rotation of the CA as the documentation of your distribution describes it.',
      once: severity !== 'critical',
    },
  );
}

function outlives(leaves: ObservedCertificate[]): Alert[] {
  const longer = leaves.filter(
    ({ owner, certificate, issuance }) =>
      owner !== 'copy' && issuance.caNotAfter !== null && certificate.notAfter > issuance.caNotAfter,
  );
  return grouped(
    longer.map(
      ({ id, certificate, issuance }): Member => [
        id,
        `ends ${date(certificate.notAfter)}, its CA ${date(issuance.caNotAfter!)}`,
      ],
    ),
    {
      code: 'LEAF_OUTLIVES_CA',
      severity: 'warning',
      text: `${counted(longer.length, 'certificate', 'outlives its', 'outlive their')} CA and will be refused from the end of the CA on: ${list(longer.map(({ id }) => id))}.`,
      remedy: 'Rotate the CA before it ends, then renew: the ends of the leaves do not count.',
      once: true,
    },
  );
}

const names = (of: Judged[]): string => list(of.map(({ decision }) => decision.id));

/** What the decisions say about it, else `otherwise`. */
function remedyOf(of: Judged[], otherwise: string): string {
  const said = of.flatMap(({ decision: { verdict } }) => (verdict.kind === 'escalate' ? [verdict.remedy] : []));
  const ours = said.length < of.length ? [otherwise] : [];
  return sentences([...ours, ...said]);
}
