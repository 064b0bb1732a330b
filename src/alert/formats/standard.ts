import type { Dispatch } from '../../domain/alerts/alert.ts';
import { instanceOf } from '../identity.ts';
import { runbookOf } from '../runbook.ts';
import type { Format } from './format.ts';

export const standard: Format = { requests: ({ dispatch, url }) => [{ url, body: standardBody(dispatch) }] };

const iso = (at: number): string => new Date(at).toISOString();

/** certagent's own JSON, laid out as standardwebhooks.com asks: type, timestamp, data. */
export function standardBody(dispatch: Dispatch): string {
  const { id, at, node, notifications, allClear, merged } = dispatch;
  return JSON.stringify({
    type: 'certagent.alerts',
    timestamp: iso(at),
    data: {
      schema: 'certagent.alerts/v1',
      id,
      node: { ...node, instance: instanceOf(node) },
      allClear,
      ...(merged === undefined ? {} : { merged }),
      alerts: notifications.map(({ status, alert, since }) => ({
        status,
        since: iso(since),
        code: alert.code,
        severity: alert.severity,
        subject: alert.subject,
        text: alert.text,
        remedy: alert.remedy,
        runbook: runbookOf(dispatch, alert),
        facts: alert.facts,
      })),
    },
  });
}
