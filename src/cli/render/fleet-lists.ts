import type { FleetAlert, FleetNode, FleetReport } from '../../domain/fleet/model.ts';
import { escapeHtml } from '../../domain/text/html.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { moment } from './fleet-time.ts';

/** So many rows are on the page; the rest is counted. */
const MOST = 200;
const RANK = { critical: 0, warning: 1, info: 2 };

export function alertSection({ nodes, at }: FleetReport): string {
  const alerts = nodes
    .flatMap((node) => node.alerts.map((alert) => ({ node, alert })))
    .sort((a, b) => RANK[a.alert.severity] - RANK[b.alert.severity] || (a.alert.since ?? at) - (b.alert.since ?? at));
  const loud = alerts.filter(({ alert }) => alert.severity !== 'info');
  const quiet = alerts.filter(({ alert }) => alert.severity === 'info');
  return section('alerts', 'Active alerts', [
    loud.length === 0 ? '<p>None needs you.</p>' : list(loud.map(({ node, alert }) => alertItem(node, alert, at))),
    ...(quiet.length === 0
      ? []
      : [
          `<details><summary>${quiet.length} more for information</summary>${list(quiet.map(({ node, alert }) => alertItem(node, alert, at)))}</details>`,
        ]),
  ]);
}

function alertItem(node: FleetNode, { severity, code, text, remedy, since }: FleetAlert, now: number): string {
  const age = since === null || now < since ? '' : `, for ${formatDuration(now - since)}`;
  return [
    `<li class="${severity}"><p class="quiet"><span class="badge">${severity}</span> <b>${nameOf(node)}</b> ${escapeHtml(code)}${age}</p>`,
    `<p>${escapeHtml(text)}</p>`,
    remedy === '' ? '' : `<p class="quiet">What to do: ${escapeHtml(remedy)}</p>`,
    '</li>',
  ].join('');
}

export function silentSection({ nodes, at }: FleetReport): string {
  const silent = nodes.filter((node) => node.silent !== null);
  return section('silent', 'Silent nodes', [
    silent.length === 0
      ? '<p>Every node has answered.</p>'
      : list(
          silent.map((node) => {
            const seen =
              node.at === null
                ? ''
                : `<p class="quiet">Its last status: ${moment(node.at)}, ${formatDuration(at - node.at)} ago.</p>`;
            return `<li class="unknown"><p class="quiet"><span class="badge">silent</span> <b>${nameOf(node)}</b></p><p>${escapeHtml(node.silent ?? '')}</p>${seen}</li>`;
          }),
        ),
  ]);
}

export function renewalSection({ nodes, at }: FleetReport): string {
  const renewals = nodes
    .flatMap((node) => (node.lastRenewal === null ? [] : [{ node, renewal: node.lastRenewal }]))
    .sort((a, b) => b.renewal.startedAt - a.renewal.startedAt);
  return section('renewals', 'Last renewals', [
    renewals.length === 0
      ? '<p>No node has renewed yet.</p>'
      : list(
          renewals.map(({ node, renewal: { startedAt, result, trigger, certificates, error } }) => {
            const good = result === 'succeeded';
            const what = error ?? (certificates === 1 ? 'one certificate' : `${certificates} certificates`);
            const how = trigger === 'manual' ? 'by hand' : 'by schedule';
            return `<li class="${good ? 'ok' : 'critical'}"><p class="quiet"><span class="badge">${escapeHtml(result)}</span> <b>${nameOf(node)}</b> ${moment(startedAt)}, ${formatDuration(Math.max(0, at - startedAt))} ago, ${how}</p><p>${escapeHtml(what)}</p></li>`;
          }),
        ),
  ]);
}

function section(id: string, title: string, parts: string[]): string {
  return `<section class="card ${id}" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>\n${parts.join('\n')}</section>`;
}

function list(items: string[]): string {
  const more = items.length > MOST ? `<li>and ${items.length - MOST} more</li>` : '';
  return `<ul class="list">${items.slice(0, MOST).join('\n')}${more}</ul>`;
}

const nameOf = ({ site, name }: FleetNode): string => escapeHtml(site === null ? name : `${site}, ${name}`);
