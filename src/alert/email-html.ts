import type { Dispatch, Notification } from '../domain/alerts/alert.ts';
import { escapeHtml } from '../domain/text/html.ts';
import { ANYWHERE, BOX, COLOURS, INK, LINK, PAPER, QUIET, STYLE, WHOLE } from './email-style.ts';
import { type FactRow, factRows } from './fact-rows.ts';
import { circumstances, label, nameOf, remarks, since, whatToDo } from './labels.ts';
import { runbookOf } from './runbook.ts';

const CELL = `vertical-align:top;text-align:left;${ANYWHERE}`;

/** The dispatch has gone through `shown`. */
export function emailHtml(dispatch: Dispatch): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"><title>certagent</title>',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<style>${STYLE}</style></head>`,
    `<body style="margin:0;padding:0;background:${PAPER};color:${INK}">`,
    `<div class="page" style="max-width:680px;margin:0 auto;padding:16px;font-family:sans-serif;font-size:15px;line-height:1.45;background:${PAPER};color:${INK};${ANYWHERE}">`,
    `<p style="margin:0 0 20px"><strong style="font-size:18px">${escapeHtml(nameOf(dispatch.node))}</strong><br>${quiet(circumstances(dispatch))}</p>`,
    ...dispatch.notifications.map((notification) => section(notification, dispatch)),
    ...remarks(dispatch).map((remark) => `<p style="margin:0 0 8px"><strong>${escapeHtml(remark)}</strong></p>`),
    '</div></body></html>',
    '',
  ].join('\n');
}

/** What is so, what to do, and only then the facts. */
function section(notification: Notification, dispatch: Dispatch): string {
  const { alert, status } = notification;
  const kind = status === 'cleared' ? 'cleared' : alert.severity;
  const began = since(notification, dispatch);
  const rows = factRows(notification);
  return [
    `<div class="${kind}" style="margin:0 0 24px;border-left:4px solid ${COLOURS[kind]};padding-left:12px">`,
    `<p style="margin:0 0 4px"><strong class="label" style="color:${COLOURS[kind]}">${label(notification)}</strong>${began === '' ? '' : ` ${quiet(began)}`}</p>`,
    `<p style="margin:0">${escapeHtml(alert.text)}</p>`,
    ...(whatToDo(notification) === ''
      ? []
      : [
          `<p class="todo" style="margin:10px 0 0;padding:8px 10px;background:${BOX}"><strong>What to do:</strong> ${escapeHtml(alert.remedy)}</p>`,
        ]),
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(status === 'cleared' ? [] : [runbook(runbookOf(dispatch, alert))]),
    '</div>',
  ].join('\n');
}

/** Columns of a fixed width: a long name cannot push the values out of the window. */
function table(rows: FactRow[]): string {
  const cells = rows.map(({ name, value, members }) =>
    members.length === 0
      ? `<tr><th style="${CELL};padding:3px 12px 3px 0;font-weight:600">${escapeHtml(name)}</th><td style="${CELL};padding:3px 0;white-space:pre-line">${escapeHtml(value)}</td></tr>`
      : `<tr><td colspan="2" style="${CELL};padding:3px 0"><strong>${escapeHtml(name)}</strong> <span style="${WHOLE}">${escapeHtml(value)}</span><br>${namesOf(members)}</td></tr>`,
  );
  return `<table class="facts" style="width:100%;margin:10px 0 0;border-collapse:collapse;table-layout:fixed;font-size:14px"><colgroup><col width="40%"><col></colgroup>${cells.join('\n')}</table>`;
}

function namesOf(members: string[]): string {
  const names = members.map((member, index) => escapeHtml(index === members.length - 1 ? member : `${member},`));
  return `<span class="quiet" style="color:${QUIET}">${names.map((name) => `<span style="${WHOLE}">${name}</span>`).join(' ')}</span>`;
}

/** A link where it is an address; a path of the node is text. Both are best broken behind a slash. */
function runbook(where: string): string {
  const shown = escapeHtml(where).replaceAll('/', '/<wbr>');
  const target = /^https?:/.test(where) ? `<a href="${escapeHtml(where)}" style="color:${LINK}">${shown}</a>` : shown;
  return `<p class="quiet" style="margin:10px 0 0;color:${QUIET};font-size:14px">Runbook: ${target}</p>`;
}

const quiet = (text: string): string => `<span class="quiet" style="color:${QUIET}">${escapeHtml(text)}</span>`;
