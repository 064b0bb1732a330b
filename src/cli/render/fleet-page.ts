import { createHash } from 'node:crypto';
import type { FleetReport } from '../../domain/fleet/model.ts';
import { escapeHtml } from '../../domain/text/html.ts';
import { summaryText } from './fleet.ts';
import { alertSection, renewalSection, silentSection } from './fleet-lists.ts';
import { STYLE } from './fleet-style.ts';
import { moment } from './fleet-time.ts';
import { timelineSection } from './fleet-timeline.ts';

/** The page loads nothing and runs nothing; its policy says so, so that a mistake of ours could not change that. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** `certagent fleet -o html`: one page that needs nothing else. Every text of the report is printable already (`fleetReport`). */
export function fleetPage(report: FleetReport): string {
  return `${[
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(`Certificates: ${title(report)}`)}</title>`,
    `<style>${STYLE}</style></head>`,
    '<body>',
    '<header>',
    `<h1>Certificates of ${escapeHtml(title(report))}</h1>`,
    `<p class="quiet"><time datetime="${new Date(report.at).toISOString()}">${moment(report.at)}</time>. All times are UTC.</p>`,
    tiles(report),
    `<p class="lead">${escapeHtml(summaryText(report))}</p>`,
    '</header>',
    '<main>',
    '<div class="lists">',
    alertSection(report),
    silentSection(report),
    '</div>',
    timelineSection(report),
    renewalSection(report),
    '</main>',
    '<footer class="quiet">Made by certagent fleet.</footer>',
    '</body></html>',
  ].join('\n')}\n`;
}

function title({ nodes }: FleetReport): string {
  const sites = new Set(nodes.map(({ site }) => site).filter((site) => site !== null)).size;
  const of = sites === 0 ? '' : sites === 1 ? ' at one site' : ` at ${sites} sites`;
  return `${nodes.length === 1 ? 'one node' : `${nodes.length} nodes`}${of}`;
}

/** How many nodes are how. */
function tiles({ nodes }: FleetReport): string {
  const shown = ['critical', 'silent', 'warning', 'ok'].map((level) => {
    // A node that has no certificate answered, and still nothing is known of it.
    const count = nodes.filter((node) => (node.level === 'unknown' ? 'silent' : node.level) === level).length;
    return `<li class="${level}${count === 0 ? ' none' : ''}"><strong>${count}</strong> <span>${level === 'silent' ? 'silent' : level}</span></li>`;
  });
  return `<ul class="tiles" aria-label="Nodes by state">${shown.join('')}</ul>`;
}
