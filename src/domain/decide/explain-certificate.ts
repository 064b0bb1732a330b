import type { StandingAlert } from '../alerts/alert.ts';
import { rulesOfNode } from '../distributions/index.ts';
import { type CertificateExplanation, EXPLAIN_SCHEMA, type Restart, type Timing } from '../model/explanation.ts';
import type { ObservedCertificate } from '../model/inventory.ts';
import type { Silence } from '../model/orders.ts';
import { nextMaintenance } from '../time/windows.ts';
import { automaticMoment } from './automatic-moment.ts';
import { findBlockers } from './blockers.ts';
import type { Case } from './certificate-check.ts';
import { checksOf } from './checks.ts';
import { caseOf, type DecideInput, decide } from './decide.ts';
import { nextTryAt } from './history-of.ts';
import { isLeaf, isSignedElsewhere } from './ownership.ts';
import { REASONS } from './reasons.ts';

/** What people and earlier checks know besides. */
type Known = { alerts: StandingAlert[]; silences: Silence[] };

/**
 * Why a certificate expires or is renewed when it is, with every input of the decision: the same checks are asked that decide.
 * null: there is no such certificate.
 */
export function explainCertificate(
  id: string,
  input: DecideInput,
  { alerts, silences }: Known,
): CertificateExplanation | null {
  const { inventory, policy, history } = input;
  const observed = inventory.certificates.find((one) => one.id === id);
  if (observed === undefined) return null;
  const known = caseOf(input, observed);
  const decisions = decide(input);
  const isOwn = observed.owner === inventory.node.distribution && isLeaf(observed);
  const about = alerts.filter(({ alert }) => alert.subject === id || Object.hasOwn(alert.facts, id));
  return {
    schema: EXPLAIN_SCHEMA,
    at: inventory.takenAt,
    node: inventory.node,
    certificate: observed,
    decision: decisions.certificates.find((one) => one.id === id)!,
    rules: rulesAsked(known),
    timing: timingOf(known, isOwn),
    blockers: isOwn ? findBlockers({ ...input, ids: idsWith(id, decisions.renewal) }) : [],
    hazards: inventory.preconditions.hazards,
    restart: restartOf(known, isOwn),
    ...(isSignedElsewhere(observed, inventory.certificates) ? { signedElsewhere: true as const } : {}),
    served: inventory.served.filter(({ endpoint }) => endpoint.expects === id),
    component: componentOf(observed, known),
    mode: policy.mode,
    pause: policy.pause ?? null,
    clock: inventory.clock,
    renewal: decisions.renewal,
    lastRenewed: history.attempts.findLast(({ granted }) => granted.some((one) => one.id === id)) ?? null,
    lastAttempt: history.attempts.at(-1) ?? null,
    alerts: about,
    silences: silences.filter(
      ({ code, subject }) =>
        about.some(({ alert }) => alert.code === code && (subject === null || alert.subject === subject)) ||
        subject === id,
    ),
  };
}

/** What would be renewed with it. */
function idsWith(id: string, renewal: CertificateExplanation['renewal']): string[] {
  return renewal.kind !== 'none' && renewal.ids.includes(id) ? renewal.ids : [id];
}

/** The checks up to the first that finds something. */
function rulesAsked(known: Case): CertificateExplanation['rules'] {
  const checks = checksOf(known.inventory.node);
  const at = checks.findIndex(({ verdict }) => verdict(known) !== null);
  const asked = at === -1 ? checks : checks.slice(0, at + 1);
  return asked.map(({ code }, index) => ({ code, meaning: REASONS[code], decides: index === at }));
}

function timingOf(known: Case, isOwn: boolean): Timing {
  const { observed, window, policy, history, now } = known;
  const { notAfter } = observed.certificate;
  const nextTry = nextTryAt(history, policy, now);
  const from = Math.max(now, window.opensAt);
  return {
    opens: notAfter - window.opensAt,
    urgent: notAfter - window.urgentAt,
    configured: { opens: policy.opens, urgent: policy.urgent },
    maintenance: {
      window: policy.maintenance,
      next: nextMaintenance(policy.maintenance, from, policy.nodeDelay),
    },
    backOffUntil: nextTry > now ? nextTry : null,
    moment: isOwn ? automaticMoment(known, Math.max(now, nextTry)) : null,
  };
}

function restartOf({ observed, inventory: { node, preconditions } }: Case, isOwn: boolean): Restart {
  const rules = rulesOfNode(node);
  const unit = preconditions.unit?.name ?? null;
  if (rules === null || !isOwn || rules.renewsSingly === true) return { unit, always: false, from: null };
  const always = rules.renewedAtEveryStart(observed, node.version);
  return { unit, always, from: always ? null : observed.certificate.notAfter - rules.renewsWithin(preconditions) };
}

function componentOf({ id, component }: ObservedCertificate, { inventory }: Case): CertificateExplanation['component'] {
  const health = inventory.preconditions.components.find(({ name }) => name === component);
  if (health === undefined) return null;
  const onlyAtStart = rulesOfNode(inventory.node)?.readAtStart(inventory.preconditions).includes(id) === true;
  return { health, onlyAtStart };
}
