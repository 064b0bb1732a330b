import type { Cycle, Found, Member } from '../input.ts';
import { count, date, list, sentences } from '../words.ts';

export function renewed({ outcome }: Cycle): Found[] {
  if (outcome?.result !== 'succeeded') return [];
  const members = granted(outcome);
  return [{ members, text: `${count(members.length, 'certificate')} renewed.` }];
}

export function keptNew({ outcome }: Cycle): Found[] {
  if (outcome === null || !outcome.keptNew) return [];
  return [
    {
      members: [['reason', outcome.error?.message ?? 'unknown'], ...granted(outcome)],
      text: 'A renewal failed; the new certificates stay, because the previous ones had expired.',
      remedy: sentences([outcome.error?.remedy ?? '', 'See which component does not load them: certagent status']),
    },
  ];
}

export function recovered({ outcome, recovered }: Cycle): Found[] {
  if (outcome === null || !recovered) return [];
  const what = outcome.result === 'succeeded' ? 'finished' : 'undone or ended';
  return [
    {
      members: [['plan', `${outcome.planId}: ${outcome.result}`]],
      text: `An interrupted renewal was ${what} when certagent started.`,
    },
  ];
}

export function copiesUpdated({ copies }: Cycle): Found[] {
  const updated = copies.filter(({ result }) => result === 'updated' || result === 'created');
  return [
    {
      members: updated.map(({ path, detail }) => [path, detail]),
      text: `${count(updated.length, 'kubeconfig copy')} updated: ${list(updated.map(({ user }) => user))}.`,
    },
  ];
}

const granted = (outcome: NonNullable<Cycle['outcome']>): Member[] =>
  outcome.granted.map(({ id, notAfter }) => [id, `expires ${date(notAfter)}`]);
