import { CLOCK_REMEDY } from '../decide/blockers.ts';
import { outdated } from '../decide/outdated.ts';
import { isLeaf } from '../decide/ownership.ts';
import { allLabels } from '../distributions/names.ts';
import type { CopyOutcome, PlanOutcome } from '../model/journal.ts';
import type { Alert, AlertEvent } from './alert.ts';
import { endAlerts } from './expiry.ts';
import { faultAlerts } from './faults.ts';
import { type AlertInput, grouped, judged, type Member } from './input.ts';
import { count, counted, date, end, list, sentences } from './words.ts';

export type { AlertInput } from './input.ts';

/**
 * Every state of the node that a person should know of, as it is now. What is told, and when, is `diffAlerts`' matter.
 * Codes, by what they are about:
 *   ends      CERTIFICATE_EXPIRING, CERTIFICATE_URGENT, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID, CA_ENDING,
 *             LEAF_OUTLIVES_CA
 *   renewal   RENEWAL_BLOCKED, RENEWAL_NOT_OURS, RENEWAL_FAILED, RENEWAL_ROLLED_BACK
 *   files     KEY_MISMATCH, KEY_UNREADABLE, KEY_READABLE, NOT_SIGNED_BY_CA, FILE_UNREADABLE, COPY_NOT_UPDATED
 *   servers   SERVED_STALE, NOT_LOADED, RESTART_HAZARD
 *   certagent CONFIG_REFUSED, CLOCK_DOUBTFUL, SINK_FAILING, NODE_UNKNOWN
 */
export function standingAlerts(input: AlertInput): Alert[] {
  const { node, certificates } = input.inventory;
  if (node.distribution === null && certificates.length === 0) return unknownNode(input);
  const all = [
    ...endAlerts(input),
    ...attempt(input),
    ...faultAlerts(input),
    ...copies(input),
    ...own(input),
    ...clockAlert(input),
  ];
  return input.inventory.clock.doubt === null
    ? all
    : [...all.filter((alert) => !isOfTime(alert)), ...input.before.filter(isOfTime)];
}

/** A disk that is not mounted is no all-clear: what stood of a node that is not found any more goes on standing. */
function unknownNode(input: AlertInput): Alert[] {
  const stood = input.before.filter(({ code }) => !OF_CERTAGENT.includes(code));
  const isLost = stood.length > 0 || input.before.some((alert) => alert.code === 'NODE_UNKNOWN' && isLoud(alert));
  const unknown = grouped([['missing', list(input.inventory.node.missing)]], {
    code: 'NODE_UNKNOWN',
    severity: isLost ? 'critical' : 'warning',
    text: isLost
      ? 'The Kubernetes node that was watched here is not found any more: nothing is watched.'
      : `Neither ${allLabels('nor')} was found on this machine: nothing is watched.`,
    remedy:
      'Look whether a file system is not mounted and where the data directory is; where there is to be no node, remove certagent.',
  });
  return [...unknown, ...own(input), ...clockAlert(input), ...stood];
}

const OF_CERTAGENT = ['CONFIG_REFUSED', 'CLOCK_DOUBTFUL', 'SINK_FAILING', 'NODE_UNKNOWN'];
const isLoud = ({ severity }: Alert): boolean => severity === 'critical';

/** Judged by the clock: while that is doubtful, what stood of these stands, and nothing new begins. */
const OF_TIME = [
  'CERTIFICATE_EXPIRING',
  'CERTIFICATE_URGENT',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_NOT_YET_VALID',
  'CA_ENDING',
  'LEAF_OUTLIVES_CA',
  'RENEWAL_NOT_OURS',
  'RENEWAL_BLOCKED',
];
const isOfTime = ({ code }: Alert): boolean => OF_TIME.includes(code);

/** What happened in this cycle and does not stand: RENEWED, RENEWAL_KEPT_NEW, RECOVERED, COPIES_UPDATED. */
export function events(input: {
  outcome: PlanOutcome | null;
  /** The plan was not begun but found unfinished, and brought to an end. */
  recovered: boolean;
  copies: CopyOutcome[];
}): AlertEvent[] {
  const { outcome, recovered } = input;
  const updated = input.copies.filter(({ result }) => result === 'updated' || result === 'created');
  return [
    ...(outcome === null ? [] : outcomeEvents(outcome, recovered)),
    ...grouped(
      updated.map(({ path, detail }): Member => [path, detail]),
      {
        code: 'COPIES_UPDATED',
        severity: 'info',
        text: `${count(updated.length, 'kubeconfig copy')} brought up to date: ${list(updated.map(({ user }) => user))}.`,
        remedy: '',
      },
    ),
  ];
}

function outcomeEvents(outcome: PlanOutcome, recovered: boolean): AlertEvent[] {
  const granted = outcome.granted.map(({ id, notAfter }): Member => [id, `ends ${date(notAfter)}`]);
  return [
    ...(recovered
      ? grouped([['plan', `${outcome.planId}: ${outcome.result}`]], {
          code: 'RECOVERED',
          severity: 'warning',
          text: `A renewal that was cut short was ${outcome.result === 'succeeded' ? 'finished' : 'undone or ended'} at the start of certagent.`,
          remedy: 'See what had stopped it: journalctl -u certagent, certagent history',
        })
      : []),
    ...(outcome.result === 'succeeded'
      ? grouped(granted, {
          code: 'RENEWED',
          severity: 'info',
          text: `${count(granted.length, 'certificate')} renewed.`,
          remedy: '',
        })
      : []),
    ...(outcome.keptNew
      ? grouped([['reason', outcome.error?.message ?? 'unknown'], ...granted], {
          code: 'RENEWAL_KEPT_NEW',
          severity: 'critical',
          text: 'A renewal failed, and the new certificates were kept because the old ones had expired.',
          remedy: sentences([outcome.error?.remedy ?? '', 'See which component does not load them: certagent status']),
        })
      : []),
  ];
}

/** The last renewal's failure stands until a later one succeeds, or until nothing is left of it. */
function attempt({ lastAttempt, decisions, inventory }: AlertInput): Alert[] {
  if (lastAttempt === null || (lastAttempt.result !== 'failed' && lastAttempt.result !== 'rolled-back')) return [];
  const mended =
    decisions.renewal.kind === 'none' &&
    inventory.preconditions.components.every(({ healthy }) => healthy) &&
    inventory.served.every(({ state }) => state !== 'stale') &&
    outdated(inventory).length === 0;
  if (mended) return [];
  const rolledBack = lastAttempt.result === 'rolled-back';
  const pressing = decisions.certificates.some(({ nearness }) => nearness === 'urgent' || nearness === 'expired');
  return grouped(
    [
      ['reason', lastAttempt.error?.message ?? 'unknown'],
      ['began', date(lastAttempt.startedAt)],
    ],
    {
      code: rolledBack ? 'RENEWAL_ROLLED_BACK' : 'RENEWAL_FAILED',
      severity: rolledBack && !pressing ? 'warning' : 'critical',
      text: rolledBack
        ? 'The last renewal failed and was rolled back: the certificates of before are in force.'
        : 'The last renewal failed.',
      remedy:
        'It is tried again by itself, more and more seldom; see what stood in the way: certagent history, journalctl -u certagent',
    },
  );
}

function copies(input: AlertInput): Alert[] {
  const left = input.copies.filter(({ result }) => result === 'failed' || result === 'refused');
  return grouped(
    left.map(({ path, detail }): Member => [path, detail]),
    {
      code: 'COPY_NOT_UPDATED',
      severity: 'warning',
      text: `${counted(left.length, 'kubeconfig copy', 'could not be')} brought up to date: ${list(left.map(({ path }) => path))}.`,
      remedy: 'Put right what is said of each file; then: certagent sync',
    },
  );
}

function own({ configError, failingSinks }: AlertInput): Alert[] {
  return [
    ...grouped(configError === null ? [] : [['reason', configError]], {
      code: 'CONFIG_REFUSED',
      severity: 'warning',
      text: 'The configuration was refused at the last reload, and the one of before stays in force.',
      remedy: 'Correct it (certagent config check), then: certagent reload',
    }),
    ...grouped(
      failingSinks.map((name): Member => [name, 'does not accept alerts']),
      {
        code: 'SINK_FAILING',
        severity: 'warning',
        text: `${counted(failingSinks.length, 'alert sink', 'does', 'do')} not accept alerts: ${list(failingSinks)}.`,
        remedy: 'Alerts wait for a week and are sent when it does; see why: certagent alert test',
      },
    ),
  ];
}

/** Where nothing ever settles the clock, this is the only word that anybody gets of an end: it has to be loud enough. */
function clockAlert(input: AlertInput): Alert[] {
  const { clock } = input.inventory;
  if (clock.doubt === null) return [];
  const [first] = judged(input)
    .filter(({ observed, decision: { nearness } }) => {
      return observed.owner !== 'copy' && isLeaf(observed) && (nearness === 'urgent' || nearness === 'expired');
    })
    .map(({ decision }) => decision)
    .sort((a, b) => a.notAfter - b.notAfter);
  const begin = `This node's clock is doubtful: ${clock.doubt}. Until it is settled nothing is renewed and no`;
  if (first === undefined)
    return grouped([['clock', clock.detail]], {
      code: 'CLOCK_DOUBTFUL',
      severity: 'warning',
      text: `${begin} end is told.`,
      remedy: CLOCK_REMEDY,
    });
  const ended = first.nearness === 'expired';
  return grouped(
    [
      ['clock', clock.detail],
      // Once it has ended this is another member, and with it the alert is told again.
      [ended ? 'ended first' : 'ends first', `${first.id}: ${end(first.notAfter, input.now)}`],
    ],
    {
      code: 'CLOCK_DOUBTFUL',
      severity: 'critical',
      text: `${begin} other end is told. By this clock, which may be wrong, ${first.id} ${ended ? 'has ended' : 'ends soon'} (${end(first.notAfter, input.now)}).`,
      remedy: CLOCK_REMEDY,
    },
  );
}
