import type { Dispatch } from '../domain/alerts/alert.ts';
import { emailHtml } from './email-html.ts';
import { factRows } from './fact-rows.ts';
import { headline, label, origin, remarks, shown, since, whatToDo } from './labels.ts';
import { runbookOf } from './runbook.ts';

export type EmailText = { subject: string; text: string; html: string };

/** An email for people: the same in plain text and in HTML. */
export function renderEmail(given: Dispatch): EmailText {
  const dispatch = shown(given);
  return {
    subject: `[certagent] ${headline(dispatch)}`,
    text: plain(dispatch),
    html: emailHtml(dispatch),
  };
}

const WIDTH = 76;
/** Of the names of facts: one that is longer does not push the others' values away. */
const NAMES = 36;

/** What is so and what to do, then the facts. */
function plain(dispatch: Dispatch): string {
  const blocks = dispatch.notifications.map((notification) => {
    const { alert, status } = notification;
    const rows = factRows(notification);
    const width = Math.min(NAMES, Math.max(0, ...rows.map(({ name }) => name.length)));
    return [
      `${label(notification)}: ${alert.text}`,
      since(notification, dispatch),
      whatToDo(notification),
      status === 'cleared' ? '' : `Runbook: ${runbookOf(dispatch, alert)}`,
      // What others wrote must not look like lines of ours.
      ...rows.flatMap(({ name, value, members }) => [
        `  ${name.padEnd(width)}  ${value.replaceAll('\n', '\n    ')}`,
        ...wrapped(members),
      ]),
    ]
      .filter((line) => line !== '')
      .join('\n');
  });
  return `${[origin(dispatch), ...blocks, ...remarks(dispatch)].join('\n\n')}\n`;
}

function wrapped(members: string[]): string[] {
  const lines: string[] = [];
  for (const [index, member] of members.entries()) {
    const word = index === members.length - 1 ? member : `${member},`;
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(`    ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
