import type { Dispatch, Notification } from '../domain/alerts/alert.ts';
import { headline, label, origin, remarks, shown, since, whatToDo } from './labels.ts';

export type EmailText = { subject: string; text: string; html: string };

/** An email for people: the same in plain text and in HTML. */
export function renderEmail(given: Dispatch): EmailText {
  const dispatch = shown(given);
  return {
    subject: `[certagent] ${headline(dispatch)}`,
    text: plain(dispatch),
    html: html(dispatch),
  };
}

function plain(dispatch: Dispatch): string {
  const blocks = dispatch.notifications.map((notification) => {
    const { alert } = notification;
    const width = Math.max(0, ...Object.keys(alert.facts).map((name) => name.length));
    return [
      `${label(notification)}: ${alert.text}`,
      since(notification, dispatch),
      ...Object.entries(alert.facts).map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
      whatToDo(notification),
    ]
      .filter((line) => line !== '')
      .join('\n');
  });
  return `${[origin(dispatch), ...blocks, ...remarks(dispatch)].join('\n\n')}\n`;
}

const COLOURS: Record<string, string> = {
  critical: '#b00020',
  warning: '#9a5b00',
  info: '#1f5fa8',
  cleared: '#1b7a36',
};
const CELL = 'padding:2px 12px 2px 0;vertical-align:top;text-align:left';

/** Mail programs understand little more than tables and styles on the elements themselves. */
function html(dispatch: Dispatch): string {
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8"><title>certagent</title></head>',
    '<body style="font-family:sans-serif;font-size:14px;color:#222">',
    `<p>${escapeHtml(origin(dispatch))}</p>`,
    ...dispatch.notifications.map((notification) => section(notification, dispatch)),
    ...remarks(dispatch).map((remark) => `<p><strong>${escapeHtml(remark)}</strong></p>`),
    '</body></html>',
    '',
  ].join('\n');
}

function section(notification: Notification, dispatch: Dispatch): string {
  const { alert, status } = notification;
  const colour = COLOURS[status === 'cleared' ? 'cleared' : alert.severity];
  const rows = Object.entries(alert.facts).map(
    ([name, value]) =>
      `<tr><th style="${CELL}">${escapeHtml(name)}</th><td style="${CELL}">${escapeHtml(value)}</td></tr>`,
  );
  const began = since(notification, dispatch);
  const todo = whatToDo(notification);
  return [
    `<p style="border-left:4px solid ${colour};padding-left:8px"><strong style="color:${colour}">${label(notification)}</strong> ${escapeHtml(alert.text)}${began === '' ? '' : ` <span style="color:#666">(${began})</span>`}</p>`,
    ...(rows.length === 0 ? [] : [`<table style="border-collapse:collapse">${rows.join('')}</table>`]),
    ...(todo === '' ? [] : [`<p>${escapeHtml(todo)}</p>`]),
  ].join('\n');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
