import type { Dispatch, Notification } from '../domain/alerts/alert.ts';
import { escapeHtml } from '../domain/text/html.ts';
import { factRows } from './fact-rows.ts';
import { label, origin, remarks, since, whatToDo } from './labels.ts';
import { runbookOf } from './runbook.ts';

const COLOURS = { critical: '#b00020', warning: '#8a5000', info: '#1f5fa8', cleared: '#1b7a36' };
/** The same on a dark background. */
const DARK = { critical: '#ff8a80', warning: '#ffb95c', info: '#8ab8f0', cleared: '#79d18f' };
const CELL = 'padding:3px 16px 3px 0;vertical-align:top;text-align:left';

/**
 * Mail programs understand little more than tables and styles on the elements themselves. Those that know dark backgrounds
 * read the style sheet too; the others show the light colours, with their background.
 */
const STYLE = [
  ':root{color-scheme:light dark}',
  '@media (prefers-color-scheme:dark){',
  'body,.page{background:#1b1d20!important;color:#e4e6e8!important}',
  '.quiet{color:#a5abb1!important}a{color:#8ab8f0!important}',
  ...Object.entries(DARK).map(
    ([name, colour]) => `.${name}{color:${colour}!important;border-color:${colour}!important}`,
  ),
  '}',
].join('');

/** The dispatch has gone through `shown`. */
export function emailHtml(dispatch: Dispatch): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"><title>certagent</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<style>${STYLE}</style></head>`,
    '<body style="margin:0;padding:0;background:#ffffff;color:#222222">',
    '<div class="page" style="max-width:720px;padding:16px;font-family:sans-serif;font-size:15px;line-height:1.45;background:#ffffff;color:#222222">',
    `<p class="quiet" style="margin:0 0 16px;color:#5f6368">${escapeHtml(origin(dispatch))}</p>`,
    ...dispatch.notifications.map((notification) => section(notification, dispatch)),
    ...remarks(dispatch).map((remark) => `<p><strong>${escapeHtml(remark)}</strong></p>`),
    '</div></body></html>',
    '',
  ].join('\n');
}

function section(notification: Notification, dispatch: Dispatch): string {
  const { alert, status } = notification;
  const kind = status === 'cleared' ? 'cleared' : alert.severity;
  const began = since(notification, dispatch);
  const todo = whatToDo(notification);
  const rows = factRows(notification).map(({ name, value, members }) => {
    const names =
      members.length === 0
        ? ''
        : `<br><span class="quiet" style="color:#5f6368">${escapeHtml(members.join(', '))}</span>`;
    return `<tr><th style="${CELL};font-weight:600">${escapeHtml(name)}</th><td style="${CELL}">${escapeHtml(value)}${names}</td></tr>`;
  });
  return [
    `<div class="${kind}" style="margin:0 0 8px;border-left:4px solid ${COLOURS[kind]};padding-left:10px;color:${COLOURS[kind]}"><strong>${label(notification)}</strong></div>`,
    `<p style="margin:0 0 8px;padding-left:14px">${escapeHtml(alert.text)}${began === '' ? '' : ` <span class="quiet" style="color:#5f6368">(${began})</span>`}</p>`,
    ...(todo === '' ? [] : [`<p style="margin:0 0 8px;padding-left:14px">${escapeHtml(todo)}</p>`]),
    ...(status === 'cleared' ? [] : [runbook(runbookOf(dispatch, alert))]),
    ...(rows.length === 0
      ? []
      : [`<table style="margin:0 0 8px 14px;border-collapse:collapse;font-size:14px">${rows.join('')}</table>`]),
  ].join('\n');
}

/** A link where it is an address; a path of the node is text. */
function runbook(where: string): string {
  const shown = escapeHtml(where);
  const target = /^https?:/.test(where) ? `<a href="${shown}">${shown}</a>` : shown;
  return `<p class="quiet" style="margin:0 0 8px;padding-left:14px;color:#5f6368;overflow-wrap:anywhere">Runbook: ${target}</p>`;
}
