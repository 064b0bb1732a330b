import { stat } from 'node:fs/promises';
import type { Instant } from '../../domain/model/certificate.ts';
import type { JournalRecord } from '../../domain/model/journal.ts';
import { MINUTE, SECOND } from '../../domain/time/duration.ts';
import { changedAuthorities, checksum } from '../backup/authorities.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import type { PlanError, Run } from './run-step.ts';
import { backupOf, type RenewContext } from './step-context.ts';

/** What a killed agent had in hand (a kubeadm, a K3s that starts) may go on writing by itself for so long. */
const IN_HAND = 15 * MINUTE;
const BETWEEN_STEPS = 5 * SECOND;

/**
 * Files that an undo would put back, and that somebody has changed after this plan wrote its last record: a CA that the
 * operator has rotated since, a certificate renewed by hand. K3s and RKE2 renew leaves at each start by themselves, so
 * there only CAs count. Empty where that cannot be told (no backup that can be read).
 */
export async function changedByOthers(run: Run, last: JournalRecord, { root }: RenewContext): Promise<string[]> {
  const backup = backupOf(run.plan);
  if (backup === null || run.restoring) return [];
  const since = last.at + (last.type === 'step-done' ? BETWEEN_STEPS : IN_HAND);
  const changed: string[] = [];
  for (const path of await wouldBePutBack(run, backup, { root }).catch(() => []))
    if (await isLaterThan(root.at(path), since)) changed.push(path);
  return changed;
}

export function wasOvertaken({ plan }: Run, cause: PlanError, changed: string[]): PlanError {
  const shown = `${changed.slice(0, 3).join(', ')}${changed.length > 3 ? ` and ${changed.length - 3} more` : ''}`;
  return {
    code: 'CHANGED_SINCE',
    message: `${cause.message}, and somebody has changed ${shown} since: nothing was put back`,
    remedy: `Look whether the node is as you want it (certagent status). What it held before the renewal is in ${backupOf(plan)}.`,
  };
}

async function wouldBePutBack(run: Run, backup: string, { root }: Pick<RenewContext, 'root'>): Promise<string[]> {
  if (run.plan.steps.some(({ kind }) => kind === 'restart-unit')) return changedAuthorities(root, backup);
  const wanted = new Set([...run.undos.values()].flatMap((undo) => (undo.kind === 'restore' ? undo.files : [])));
  const different: string[] = [];
  for (const file of (await readManifest(root.at(backup))).files) {
    if (!wanted.has(file.path)) continue;
    if ((await checksum(root.at(file.path))) !== file.sha256) different.push(file.path);
  }
  return different;
}

/** By the inode's change: a file that was copied into its place may have any time of its own. */
async function isLaterThan(path: string, since: Instant): Promise<boolean> {
  return stat(path).then(
    ({ ctimeMs }) => ctimeMs > since,
    () => false,
  );
}
