import type { Dispatch, Notification } from '../domain/alerts/alert.ts';
import { worstOf } from '../domain/alerts/severity.ts';
import { identityOf } from './identity.ts';

export type Thread = { messageId: string; inReplyTo?: string; references?: string[] };

/**
 * One thread for the life of an alert: its first email has an id that is made of the alert and of when it began, so that every
 * later process can refer to it. An email that begins several alerts has the id of the first and refers to the others' ids, which
 * brings their later emails into its thread. A second try has the ids of the first: mail programs recognise it.
 */
export function threadOf(dispatch: Dispatch, domain: string): Thread {
  const messages = dispatch.notifications.filter(({ status }) => status !== 'event');
  const idOf = ({ alert, since }: Notification) =>
    `<certagent-${identityOf(dispatch.node, alert, String(since)).slice(0, 40)}@${domain}>`;
  const lead = messages[0];
  const own = lead !== undefined && isFirst(lead) ? idOf(lead) : `<${dispatch.id}@${domain}>`;
  const others = [...new Set(messages.map(idOf))].filter((id) => id !== own);
  const continued = messages.find((each) => !isFirst(each));
  return {
    messageId: own,
    ...(continued === undefined ? {} : { inReplyTo: idOf(continued) }),
    ...(others.length === 0 ? {} : { references: others }),
  };
}

/** What an earlier version spooled does not say how it was last sent: it continues. */
const isFirst = ({ status, sent }: Notification): boolean => status === 'raised' && sent === null;

/** For filters of mail programs and ticket systems. */
export function headersOf({ node, notifications }: Dispatch): Record<string, string> {
  const active = notifications.filter(({ status }) => status !== 'cleared');
  const worst = worstOf(...(active.length > 0 ? active : notifications).map(({ alert }) => alert.severity));
  const labels = Object.entries(node.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  const headers = {
    'X-Certagent-Severity': worst,
    'X-Certagent-Status': notifications[0]?.status ?? '',
    'X-Certagent-Codes': [...new Set(notifications.map(({ alert }) => alert.code))].join(', '),
    'X-Certagent-Node': node.name,
    'X-Certagent-Machine': node.machine ?? '',
    'X-Certagent-Labels': labels.join(', '),
  };
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
}
