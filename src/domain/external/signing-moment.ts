import { automaticMoment } from '../decide/automatic-moment.ts';
import { nextTryAt } from '../decide/history-of.ts';
import type { Instant } from '../model/certificate.ts';
import type { Decisions, History, Policy } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { requestAgainAt } from '../time/back-off.ts';
import { chooseRequests } from './choose-requests.ts';
import { installBlockers } from './install-plan.ts';

type Seen = { inventory: Inventory; decisions: Decisions; policy: Policy; history: History };

/**
 * When external_ca.command is called, and for which certificates; null: no command is configured, nothing is due, or something forbids it.
 * After a failure it waits, longer each time.
 */
export function signingMoment(seen: Seen): { at: Instant; due: ObservedCertificate[] } | null {
  const { inventory, decisions, policy, history } = seen;
  const { signing, takenAt: now } = inventory;
  const due = signing === undefined ? [] : chooseRequests(seen, []);
  const ids = due.map(({ id }) => id);
  if (signing === undefined || due.length === 0) return null;
  if (installBlockers(ids, { inventory, policy, history, now, byPerson: false }).length > 0) return null;
  const from = Math.max(now, requestAgainAt(signing, now), nextTryAt(history, policy, now));
  const moments = decisions.certificates
    .filter(({ id }) => ids.includes(id))
    .map(({ opensAt, urgentAt }) =>
      automaticMoment({ window: { opensAt, urgentAt, wishedAt: opensAt }, policy }, from),
    );
  return { at: Math.min(...moments), due };
}
