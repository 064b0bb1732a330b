import type { Blocker, History } from '../model/decision.ts';

type Found = Omit<Blocker, 'code'>[];

export function unfinishedPlan({ attempts }: History): Found {
  const last = attempts.at(-1);
  if (last?.result !== 'unfinished' || last.unknown !== undefined) return [];
  return [
    {
      why: 'an earlier plan has neither been finished nor undone',
      remedy: 'Restart certagent: it finishes or undoes the plan when it starts; see `certagent history`.',
    },
  ];
}

/** Nobody here knows what would finish or undo it. */
export function planOfAnotherVersion({ attempts }: History): Found {
  const last = attempts.at(-1);
  if (last?.result !== 'unfinished' || last.unknown === undefined) return [];
  return [
    {
      why: `another version of certagent left the plan ${last.planId} unfinished, and this version does not know "${last.unknown}" in it`,
      remedy:
        'Install that version of certagent again: it finishes or undoes the plan when it starts. Without it, compare the certificates with the backup of the plan under /var/lib/certagent/backups, then move /var/lib/certagent/journal.jsonl away.',
    },
  ];
}
