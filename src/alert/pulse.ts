import type { AlertNode, StandingAlert } from '../domain/alerts/alert.ts';
import { printable } from '../domain/text/printable.ts';
import type { Pulse } from './heartbeat-ping.ts';
import { nameOf } from './labels.ts';

/** "node-1 (oslo): 2 critical alerts: …", for the heartbeats. */
export function pulseOf(node: AlertNode, book: StandingAlert[]): Pulse {
  const critical = book.filter(({ alert }) => alert.severity === 'critical').map(({ alert }) => alert.text);
  const others = book.length - critical.length;
  const state =
    critical.length === 0
      ? `no critical alert${others === 0 ? '' : `, ${others} other`}`
      : `${critical.length} critical: ${critical.join(' ')}`;
  return { critical: critical.length > 0, text: printable(`${nameOf(node, 'values')}: ${state}`).slice(0, 1000) };
}
