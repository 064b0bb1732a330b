import type { BackupSummary, BackupsReport, RestoreReport } from '../../domain/model/status.ts';
import { counted } from '../../domain/plan/steps/counted.ts';
import { nodeLine } from './node.ts';
import { type Paint, plain, scrub } from './paint.ts';
import { noteLines, planLines } from './plan.ts';
import { blockerLines, progressText } from './renewal-lines.ts';
import { type Cell, fold, table } from './table.ts';
import { type Times, timesIn } from './time.ts';

type Look = { paint?: Paint; width?: number };

/** `certagent restore` for a person: what could be restored. */
export function renderBackups(
  unsafe: BackupsReport,
  { paint = plain, width = Number.POSITIVE_INFINITY }: Look = {},
): string {
  const { at, node, backups } = scrub(unsafe);
  if (backups.length === 0) return 'There are no backups: certagent makes one before each renewal.\n';
  const times = timesIn(node.timeZone, at);
  const columns = ['BACKUP', 'MADE', 'HOLDS', 'RESTORE'].map((title) => ({ title }));
  const lines = [
    table(
      columns,
      backups.map((backup) => cellsOf(backup, times)),
      { paint, width },
    ),
    ...backups.flatMap(({ id, refusal }) => (refusal === null ? [] : [fold(`${id}: ${refusal}.`, width)])),
    'To see what a restore would do, and to run it: certagent restore BACKUP',
  ];
  return `${lines.join('\n')}\n`;
}

function cellsOf({ id, createdAt, holds, restorable, refusal }: BackupSummary, times: Times): Cell[] {
  return [
    { text: id },
    { text: createdAt === null ? 'unreadable' : times.full(createdAt) },
    { text: counted(holds.length, 'certificate') },
    refusal !== null
      ? { text: 'no', style: 'yellow' }
      : { text: restorable.length === 0 ? 'all is as it was' : counted(restorable.length, 'certificate') },
  ];
}

/** `certagent restore PLAN` for a person: every step that would run, or why none would. */
export function renderRestore(
  unsafe: RestoreReport,
  { paint = plain, width = Number.POSITIVE_INFINITY }: Look = {},
): string {
  const { node, backup, running, plan, blockers, left, unchanged } = scrub(unsafe);
  const title = paint('bold', 'Restore:');
  if (running !== null) return `${title} not now, a plan is under way, ${progressText(running)}\n`;
  const leftLines = left.flatMap(({ path, why }, at) => [
    ...(at === 0 ? ['', paint('bold', `What stays as it is (${counted(left.length, 'file')})`)] : []),
    fold(`  ${path}: ${why}`, width),
  ]);
  const head = [paint('bold', nodeLine(node))];
  const isBlocked = blockers.length > 0;
  if (isBlocked)
    head.push(`${title} ${paint('red', 'BLOCKED')}`, ...blockerLines(blockers).map((line) => fold(line, width)));
  else if (plan === null)
    head.push(`${title} all ${unchanged.length} certificates are as they are in the backup ${backup}`);
  else head.push(fold(`${title} ${counted(plan.certificates.length, 'certificate')}: ${plan.why}`, width));
  const body = plan === null ? ['', 'Nothing would run.'] : planLines(plan, { paint, width });
  const verb = plan === null ? [] : ['', fold(`Restores ${plan.certificates.join(', ')}.`, width)];
  const notes = plan === null ? [] : noteLines(plan, width);
  return `${[...head, ...leftLines, ...body, ...verb, ...notes].join('\n')}\n`;
}
