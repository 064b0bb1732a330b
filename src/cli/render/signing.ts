import { join } from 'node:path';
import type { CsrReport, InstallReport } from '../../domain/model/requests-report.ts';
import { counted } from '../../domain/plan/steps/counted.ts';
import { nodeLine } from './node.ts';
import { type Paint, plain, scrub } from './paint.ts';
import { noteLines, planLines } from './plan.ts';
import { blockerLines, progressText } from './renewal-lines.ts';
import { fold } from './table.ts';
import { timesIn } from './time.ts';

type Look = { paint?: Paint; width?: number };

/** `certagent csr` for a person: each request that waits, and what to do with it. `out`: where copies of the requests are. */
export function renderRequests(
  unsafe: CsrReport,
  { out = null, paint = plain, width = Number.POSITIVE_INFINITY }: Look & { out?: string | null } = {},
): string {
  const { at, node, requests, dropped } = scrub(unsafe);
  const times = timesIn(node.timeZone, at);
  const removed = dropped.map((id) => `Removed the request for ${id}, with its key.`);
  if (requests.length === 0) {
    const none =
      'No request waits, and nothing is due that a CA elsewhere has to sign. For a certificate with the owner external-ca (certagent status): certagent csr NAME';
    return `${[...removed, fold(none, width)].join('\n')}\n`;
  }
  const blocks = requests.map(({ id, path, csr: _csr, isNew, createdAt, expires, ca, outdated, ...asks }) =>
    [
      `${paint('bold', id)}  ${isNew ? 'new request' : `waits since ${times.full(createdAt)}`}${expires === null ? '' : `; the present certificate expires ${times.full(expires)}`}`,
      `  request  ${out === null ? path : join(out, `${id}.csr`)}`,
      `  subject  ${asks.subject}`,
      ...(asks.sans.length === 0 ? [] : [fold(`  names    ${asks.sans.join(', ')}`, width)]),
      `  usages   ${asks.usages.join(', ') || '-'}; ${asks.keyType}`,
      `  CA       ${ca === null ? 'is not on this node' : `${ca.subject} (${ca.path})`}`,
      ...(outdated === null ? [] : [fold(`  ${paint('yellow', 'outdated')} the request ${outdated}`, width)]),
    ].join('\n'),
  );
  const next = [
    `Have ${requests.length === 1 ? 'it' : 'them'} signed by the CA named, with the names, usages and subject as requested. The private keys stay on this node.`,
    `Then: certagent install DIR`,
  ];
  return `${[...removed, ...blocks, '', ...next.map((line) => fold(line, width))].join('\n')}\n`;
}

/** `certagent install` for a person: every step that would run, or what is wrong with each certificate. */
export function renderInstall(
  unsafe: InstallReport,
  { paint = plain, width = Number.POSITIVE_INFINITY }: Look = {},
): string {
  const { at, node, running, plan, blockers, accepted, refused, waiting } = scrub(unsafe);
  const title = paint('bold', 'Install:');
  if (running !== null) return `${title} not now, a plan is under way, ${progressText(running)}\n`;
  const times = timesIn(node.timeZone, at);
  const head = [paint('bold', nodeLine(node))];
  if (refused.length > 0)
    head.push(
      `${title} ${paint('red', `${counted(refused.length, 'file')} cannot be used`)}`,
      ...refused.map(({ file, why }) => fold(`  ${file}: ${why}`, width)),
    );
  if (blockers.length > 0)
    head.push(`${title} ${paint('red', 'BLOCKED')}`, ...blockerLines(blockers).map((line) => fold(line, width)));
  if (plan !== null) head.push(fold(`${title} ${counted(accepted.length, 'certificate')}`, width));
  else if (accepted.length === 0 && refused.length === 0) head.push(`${title} the files answer no request`);
  const fits = accepted.map(({ id, file, notAfter }) =>
    fold(`  ${id}: ${file}, expires ${times.full(notAfter)}`, width),
  );
  const still = waiting.length === 0 ? [] : [fold(`Still without an answer: ${waiting.join(', ')}.`, width)];
  const body =
    plan === null
      ? ['', 'Nothing would be installed.']
      : [...planLines(plan, { paint, width }), '', ...noteLines(plan, width)];
  const expired = plan?.oldExpired === true ? [EXPIRED] : [];
  return `${[...head, ...fits, ...still, ...body, ...expired].join('\n').trimEnd()}\n`;
}

const EXPIRED = 'The current certificates have expired: the new ones stay even after a failure.';
