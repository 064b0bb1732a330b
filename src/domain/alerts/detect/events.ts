import { KUBEADM } from '../../distributions/names.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { Cycle, Found, Member } from '../input.ts';
import { copyNoun, count, date, list, sentences } from '../words.ts';

export function renewed({ outcome }: Cycle): Found[] {
  if (outcome?.result !== 'succeeded' || outcome.restores !== undefined) return [];
  const members = granted(outcome);
  return [{ members, text: `${count(members.length, 'certificate')} renewed.` }];
}

export function restored({ outcome }: Cycle): Found[] {
  if (outcome?.result !== 'succeeded' || outcome.restores === undefined) return [];
  const members = granted(outcome);
  return [{ members, text: `${count(members.length, 'certificate')} restored from the backup ${outcome.restores}.` }];
}

const DEFAULTS: string[] = ['KEY_TYPE_CHANGED', 'LIFETIME_CHANGED'] satisfies ErrorCode[];

export function withDefaults({ outcome }: Cycle): Found[] {
  const remarks = (outcome?.reported ?? []).filter(({ code }) => DEFAULTS.includes(code));
  return [
    {
      members: remarks.map(({ code, message }) => [code, message]),
      text: `${KUBEADM} could not use the cluster's configuration, and renewed certificates with its defaults.`,
    },
  ];
}

const OF_HOOKS: string[] = ['HOOK_FAILED', 'HOOK_REFUSED'] satisfies ErrorCode[];

/** One that stops the renewal is its error, and no remark. */
export function hookFailed({ outcome }: Cycle): Found[] {
  const remarks = (outcome?.reported ?? []).filter(({ code }) => OF_HOOKS.includes(code));
  return [
    {
      members: remarks.map(({ message }, index): Member => [index === 0 ? 'hook' : `hook ${index + 1}`, message]),
      text: `${count(remarks.length, 'hook')} of the renewal ${outcome?.planId ?? ''} failed.`,
    },
  ];
}

export function keptNew({ outcome }: Cycle): Found[] {
  if (outcome === null || !outcome.keptNew) return [];
  return [
    {
      members: [['reason', outcome.error?.message ?? 'unknown'], ...granted(outcome)],
      text: `A renewal failed; the new certificates stay, because ${outcome.error?.code === CA_CHANGED ? 'a restart has loaded a new CA' : 'the previous ones had expired'}.`,
      remedy: sentences([outcome.error?.remedy ?? '', 'See which component does not load them: certagent status']),
    },
  ];
}

const CA_CHANGED = 'CA_CHANGED' satisfies ErrorCode;

const ENDS = { succeeded: 'finished', 'rolled-back': 'undone', failed: 'ended as failed' };

export function recovered({ outcome, recovered }: Cycle): Found[] {
  if (outcome === null || !recovered) return [];
  return [
    {
      members: [['plan', `${outcome.planId}: ${outcome.result}`]],
      text: `An interrupted ${outcome.restores === undefined ? 'renewal' : 'restore'} was ${ENDS[outcome.result]} when certagent started.`,
    },
  ];
}

export function copiesUpdated({ copies }: Cycle): Found[] {
  const updated = copies.filter(({ result }) => result === 'updated' || result === 'created');
  return [
    {
      members: updated.map(({ path, detail }) => [path, detail]),
      text: `${count(updated.length, copyNoun(updated))} updated: ${list(updated.map(({ user, path, service }) => (service === undefined ? user : path)))}.`,
    },
  ];
}

const granted = (outcome: NonNullable<Cycle['outcome']>): Member[] =>
  outcome.granted.map(({ id, notAfter }) => [id, `expires ${date(notAfter)}`]);
