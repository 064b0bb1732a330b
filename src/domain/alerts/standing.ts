import type { Alert, AlertEvent } from './alert.ts';
import { ALERTS, type AlertCode, CODES, isDated, kindOf } from './catalogue.ts';
import type { Cycle, Found, NodeState } from './input.ts';

export type AlertInput = Omit<NodeState, 'lost'> & {
  /** What was active after the previous cycle. */
  before: Alert[];
  /** A renewal is running: what it has half done is not reported. */
  renewing?: boolean;
};

/** Every state of the node that a person should know of, as it is now. `diffAlerts` decides what is sent, and when. */
export function standingAlerts(input: AlertInput): Alert[] {
  const { inventory, before } = input;
  const ofNode = before.filter(({ code }) => isOfNode(code));
  const wasLost = before.some(({ code, severity }) => code === 'NODE_UNKNOWN' && severity === 'critical');
  const state = { ...input, lost: ofNode.length > 0 || wasLost };
  const found = detect(input.renewing === true ? withoutRenewal(state) : state);
  // A disk that is not mounted clears nothing: what was active of a node that is missing now stays active.
  if (found.some(({ code }) => code === 'NODE_UNKNOWN'))
    return [...found.filter(({ code }) => !isOfNode(code)), ...ofNode];
  const stays = before.filter(({ code }) => inventory.clock.doubt !== null && isDated(code));
  const raised = inventory.clock.doubt === null ? found : found.filter(({ code }) => !isDated(code));
  const active = [...raised, ...stays];
  return input.renewing === true ? [...active, ...left(active, before).filter(stillSo(input))] : active;
}

/** What happened in this cycle. */
export function events(cycle: Cycle): AlertEvent[] {
  return CODES.flatMap((code) => {
    const kind = ALERTS[code];
    return kind.category === 'event' ? kind.happened(cycle).flatMap((found) => alertOf(code, found)) : [];
  });
}

function detect(state: NodeState): Alert[] {
  return CODES.flatMap((code) => {
    const kind = ALERTS[code];
    return kind.category === 'event' ? [] : kind.find(state).flatMap((found) => alertOf(code, found));
  });
}

/** One alert about all its members, or none where there are none: nobody wants a message for each of 14 certificates. */
function alertOf(code: AlertCode, found: Found): Alert[] {
  if (found.members.length === 0) return [];
  const { severity, remedy } = ALERTS[code];
  const { once, holdOff, restsOn } = found;
  return [
    {
      code,
      severity: found.severity ?? severity,
      subject: found.subject ?? 'node',
      text: found.text,
      remedy: found.remedy ?? remedy,
      facts: Object.fromEntries(found.members),
      ...(once === true ? { once } : {}),
      ...(holdOff === undefined ? {} : { holdOff }),
      ...(restsOn === undefined ? {} : { restsOn }),
    },
  ];
}

/** About the node, and not about certagent. */
function isOfNode(code: AlertCode): boolean {
  return kindOf(code)?.category !== 'certagent';
}

/** Without the certificates that a running renewal is replacing, and without the blocker that is the renewal itself. */
function withoutRenewal(state: NodeState): NodeState {
  const { inventory, decisions } = state;
  const renewed = new Set(
    inventory.certificates.filter(({ owner }) => owner === inventory.node.distribution).map(({ id }) => id),
  );
  const { renewal } = decisions;
  const blockers = renewal.kind === 'blocked' ? renewal.blockers.filter(({ code }) => code !== 'PLAN_UNFINISHED') : [];
  return {
    ...state,
    inventory: {
      ...inventory,
      certificates: inventory.certificates.filter(({ id }) => !renewed.has(id)),
      findings: inventory.findings.filter(({ owner }) => owner !== inventory.node.distribution),
      served: inventory.served.filter(({ endpoint }) => !renewed.has(endpoint.expects)),
    },
    decisions: {
      ...decisions,
      renewal:
        renewal.kind === 'blocked' && blockers.length > 0 ? { ...renewal, blockers } : { kind: 'none', nextAt: null },
    },
  };
}

/** `certagent enable` takes effect at once, and the renewal that it allows has not ended yet. */
const stillSo =
  ({ decisions }: AlertInput) =>
  ({ code }: Alert): boolean =>
    code !== 'OBSERVING' || decisions.renewal.kind === 'observing';

/** What was active before the renewal started, and clears only when it has ended. */
function left(raised: Alert[], before: Alert[]): Alert[] {
  return before.filter(
    ({ code, subject }) =>
      kindOf(code) !== undefined &&
      isOfNode(code) &&
      !raised.some((alert) => alert.code === code && alert.subject === subject),
  );
}
