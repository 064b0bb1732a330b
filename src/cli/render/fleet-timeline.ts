import type { FleetNode, FleetReport } from '../../domain/fleet/model.ts';
import { type Mark, marksOf, placeOf, STOPS } from '../../domain/fleet/timeline.ts';
import type { Nearness } from '../../domain/model/decision.ts';
import { escapeHtml } from '../../domain/text/html.ts';
import { day } from '../../domain/time/day.ts';
import { DAY } from '../../domain/time/duration.ts';
import { expiryText, levelText, nextText } from './fleet.ts';
import { shortDay } from './fleet-time.ts';

/** What expires when: a line for each node, sites with trouble first. */
export function timelineSection(report: FleetReport): string {
  const groups = [...Map.groupBy(report.nodes, ({ site }) => site).values()];
  return [
    '<section class="card timeline" aria-labelledby="timeline"><h2 id="timeline">What expires when</h2>',
    LEGEND,
    '<table role="table"><thead role="rowgroup"><tr role="row">',
    '<th role="columnheader" class="site">Site</th><th role="columnheader" class="node">Node</th>',
    '<th role="columnheader" class="state">State</th>',
    `<th role="columnheader" class="line"><span class="hidden">Time line</span>${axis(report.at)}</th>`,
    '<th role="columnheader" class="expires">First expiry</th><th role="columnheader" class="what">What</th></tr></thead>',
    ...groups.map(
      (nodes) => `<tbody role="rowgroup">${nodes.map((node, at) => row(node, at > 0, report.at)).join('\n')}</tbody>`,
    ),
    '</table></section>',
  ].join('\n');
}

const SHAPES: Record<Nearness, { kind: string; meaning: string }> = {
  expired: { kind: 'expired', meaning: 'expired' },
  'not-yet-valid': { kind: 'expired', meaning: 'not valid yet' },
  urgent: { kind: 'urgent', meaning: 'urgent' },
  due: { kind: 'due', meaning: 'due for renewal' },
  valid: { kind: 'valid', meaning: 'valid' },
};

/** A shape for each state, so that nobody needs the colours. */
const DRAWN: Record<string, string> = {
  expired: '<path d="M-5-5 5 5M5-5-5 5"/>',
  urgent: '<path d="M0-6 6 5H-6Z"/>',
  due: '<path d="M0-6 6 0 0 6-6 0Z"/>',
  valid: '<circle r="4.5"/>',
  renews: '<circle r="4"/>',
};

const LEGEND = `<ul class="legend" aria-label="Legend">${[
  ['expired', 'expired'],
  ['urgent', 'urgent'],
  ['due', 'due for renewal'],
  ['valid', 'valid'],
  ['renews', 'next renewal'],
]
  .map(
    ([kind, text]) =>
      `<li><svg width="16" height="16" aria-hidden="true"><svg x="8" y="8" overflow="visible" class="${kind}">${DRAWN[kind!]}</svg></svg> ${text}</li>`,
  )
  .join('')}</ul>`;

function axis(now: number): string {
  const labels = STOPS.map(
    ({ days, label, at }) =>
      `<text x="${at}%" y="12">${label}</text><text x="${at}%" y="27" class="date">${shortDay(now + days * DAY)}</text>`,
  );
  return `<svg class="axis" width="100%" height="32" aria-hidden="true">${labels.join('')}</svg>`;
}

function row(node: FleetNode, isRepeated: boolean, now: number): string {
  const state = levelText(node);
  const site = escapeHtml(node.site ?? 'no site');
  return [
    `<tr role="row" class="${node.level}">`,
    `<th role="rowheader" scope="row" class="site"><span class="${isRepeated ? 'again' : ''}">${site}</span></th>`,
    `<td role="cell" class="node">${escapeHtml(node.name)}${about(node)}</td>`,
    `<td role="cell" class="state"><span class="badge">${escapeHtml(state)}</span></td>`,
    `<td role="cell" class="line">${line(node, now)}</td>`,
    `<td role="cell" class="expires">${expires(node, now)}</td>`,
    `<td role="cell" class="what">${escapeHtml(what(node, now))}</td></tr>`,
  ].join('');
}

function about({ distribution, role, kubernetes, name, host }: FleetNode): string {
  const parts = [[distribution, role].filter((part) => part !== null).join(' '), kubernetes ?? ''].filter(
    (part) => part !== '',
  );
  const text = parts.length === 0 ? (host === name ? '' : host) : parts.join(', ');
  return text === '' ? '' : `<br><small class="quiet">${escapeHtml(text)}</small>`;
}

function expires(node: FleetNode, now: number): string {
  const first = node.certificates[0];
  if (first === undefined) return '<span class="quiet">-</span>';
  return `<strong>${expiryText(node, now)}</strong><br><small class="quiet">${day(first.notAfter)}</small>`;
}

function what(node: FleetNode, now: number): string {
  const texts = [...(node.silent === null ? [] : [node.silent]), ...node.troubles.slice(0, 2)];
  return texts.length === 0 ? nextText(node, now) : texts.join('; ');
}

/** The marks of one node. Its text says all that the marks show, for who cannot see them. */
function line(node: FleetNode, now: number): string {
  const marks = marksOf(node.certificates, now);
  const renewal = node.next?.at ?? null;
  const texts = [...marks.map(markText), ...(renewal === null || renewal < now ? [] : [`renewal ${day(renewal)}`])];
  return [
    `<svg width="100%" height="28" role="img" aria-label="${escapeHtml(texts.length === 0 ? 'nothing is known' : texts.join('; '))}">`,
    ZONES,
    ...(renewal === null || renewal < now
      ? []
      : [mark(placeOf(renewal, now), 'renews', `next renewal: ${day(renewal)}`)]),
    ...marks.toReversed().map((each) => mark(each.at, SHAPES[each.nearness].kind, markText(each))),
    '</svg>',
  ].join('');
}

const ZONES = [
  '<rect class="past" width="8%" height="100%"/><rect class="week" x="8%" width="16%" height="100%"/><rect class="month" x="24%" width="18%" height="100%"/>',
  '<line class="base" x1="0" x2="100%" y1="50%" y2="50%"/>',
  ...STOPS.map(({ at }) => `<line class="stop" x1="${at}%" x2="${at}%" y1="0" y2="100%"/>`),
].join('');

function mark(at: number, kind: string, text: string): string {
  return `<svg x="${at.toFixed(1)}%" y="50%" overflow="visible" class="${kind}"><title>${escapeHtml(text)}</title>${DRAWN[kind]}</svg>`;
}

/** "client-admin and 8 more: urgent, 2026-03-08" */
function markText({ ids, nearness, notAfter }: Mark): string {
  const more = ids.length > 1 ? ` and ${ids.length - 1} more` : '';
  return `${ids[0]}${more}: ${SHAPES[nearness].meaning}, ${day(notAfter)}`;
}
