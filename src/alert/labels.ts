import type { AlertNode, Dispatch, Notification } from '../domain/alerts/alert.ts';
import { date } from '../domain/alerts/words.ts';
import { printable, printableData, printableLines } from '../domain/text/printable.ts';
import { cut } from './escape.ts';

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
/** Of it for the node and its labels: the sentence behind them must be seen, too. */
const WHERE = 60;

/** "CRITICAL node-1 (oslo): 2 certificates have expired", with how many more there are; one line, for subjects. */
export function headline({ node, notifications, allClear }: Dispatch): string {
  const [first, ...rest] = notifications;
  const where = cut(nameOf(node, 'values'), WHERE);
  const isClear = first === undefined || (allClear && first.status === 'cleared');
  const lead = isClear
    ? `ALL CLEAR ${where}: no alert is active any more`
    : `${label(first)} ${where}: ${first.alert.text.replace(/\.$/, '')}`;
  const others = isClear || rest.length === 0 ? '' : ` (and ${rest.length} more)`;
  const text = lead.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
  return `${cut(text, HEADLINE + 1)}${others}`;
}

/** Labels for machines: the first is the node again, the second the program. */
const FOR_MACHINES = ['instance', 'job'];

/** "node-1 (site=oslo, rack=7)", or with values alone "node-1 (oslo, 7)": the node, and what distinguishes it from others. */
export function nameOf({ name, labels = {} }: AlertNode, shows: 'pairs' | 'values' = 'pairs'): string {
  const told = Object.entries(labels)
    .filter(([label]) => !FOR_MACHINES.includes(label))
    .map(([label, value]) => (shows === 'values' ? value : `${label}=${value}`));
  return told.length === 0 ? name : `${name} (${told.join(', ')})`;
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

/** "since 2027-03-01 12:00 UTC" for what did not begin just now; what has cleared "began" then. */
export function since({ since, status }: Notification, { at }: Dispatch): string {
  return since < at ? `${status === 'cleared' ? 'began' : 'since'} ${date(since)}` : '';
}

/** "node-1 (site=oslo), kubeadm control-plane, 2027-03-01 12:00 UTC" */
export function origin(dispatch: Dispatch): string {
  return `${nameOf(dispatch.node)}, ${circumstances(dispatch)}`;
}

/** "kubeadm control-plane, 2027-03-01 12:00 UTC" */
export function circumstances({ node, at }: Dispatch): string {
  return [[node.distribution, node.role].filter((part) => part !== null).join(' '), date(at)]
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
