import type { Dispatch, Notification } from '../domain/alerts/alert.ts';
import { date } from '../domain/alerts/words.ts';
import { printable, printableData, printableLines } from '../domain/text/printable.ts';

/**
 * The dispatch as people may see it: ids, names and paths in it were written by others, and must neither steer a terminal
 * nor look like lines of ours. The value of a fact may have several lines (a refused configuration has).
 */
export function shown(dispatch: Dispatch): Dispatch {
  return {
    ...printableData(dispatch),
    notifications: dispatch.notifications.map((notification) => ({
      ...notification,
      alert: {
        ...printableData(notification.alert),
        facts: Object.fromEntries(
          Object.entries(notification.alert.facts).map(([name, value]) => [printable(name), printableLines(value)]),
        ),
      },
    })),
  };
}

const HEADLINE = 120;

/** "node-1: 2 certificates renewed", with how many more there are; one line, for subjects and summaries. */
export function headline({ node, notifications, allClear }: Dispatch): string {
  const [first, ...rest] = notifications;
  const lead = first === undefined || (allClear && first.status === 'cleared') ? 'all clear' : said(first);
  const others = lead === 'all clear' || rest.length === 0 ? '' : ` (and ${rest.length} more)`;
  const text = `${node.name}: ${lead}`.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return `${text.length > HEADLINE ? `${text.slice(0, HEADLINE)}…` : text}${others}`;
}

/** The alert's sentence without its full stop, and whether it has cleared. */
function said({ status, alert }: Notification): string {
  return `${status === 'cleared' ? 'cleared: ' : ''}${alert.text.replace(/\.$/, '')}`;
}

/** "CRITICAL", "STILL WARNING", "CLEARED": what this notification is, in a word or two. */
export function label({ status, alert }: Notification): string {
  if (status === 'cleared') return 'CLEARED';
  return `${status === 'repeated' ? 'STILL ' : ''}${alert.severity.toUpperCase()}`;
}

/** "What to do: …"; empty where there is nothing to do. */
export function whatToDo({ status, alert }: Notification): string {
  return status === 'cleared' || alert.remedy === '' ? '' : `What to do: ${alert.remedy}`;
}

/** "since 2027-03-01 12:00 UTC" for what did not begin just now. */
export function since({ since }: Notification, { at }: Dispatch): string {
  return since < at ? `since ${date(since)}` : '';
}

/** "node-1, kubeadm control-plane, 2027-03-01 12:00 UTC" */
export function origin({ node, at }: Dispatch): string {
  return [node.name, [node.distribution, node.role].filter((part) => part !== null).join(' '), date(at)]
    .filter((part) => part !== '')
    .join(', ');
}

/** Sentences about the dispatch as a whole. */
export function remarks({ allClear, merged }: Dispatch): string[] {
  return [
    ...(allClear ? ['All clear: no alert is active any more.'] : []),
    ...(merged === undefined ? [] : [`This message sums up ${merged} messages that could not be delivered.`]),
  ];
}
