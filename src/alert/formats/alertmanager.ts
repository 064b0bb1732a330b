import type { Dispatch, Notification, Severity } from '../../domain/alerts/alert.ts';
import { HOUR, MINUTE } from '../../domain/time/duration.ts';
import { runbookOf } from '../runbook.ts';
import { TEST } from '../test-alert.ts';
import type { Format } from './format.ts';

export const alertmanager: Format = {
  // Its documentation asks clients to send active alerts again every 30 seconds to 3 minutes.
  refresh: 2 * MINUTE,
  requests: ({ dispatch, url, repeat }) => [{ url, body: alertmanagerBody(dispatch, repeat) }],
};

const iso = (at: number): string => new Date(at).toISOString();

const LEAST_LASTS = 10 * MINUTE;
/** It resolves by itself, after Alertmanager has had the time to notify (group_wait). */
const TEST_LASTS = 5 * MINUTE;

/**
 * Alertmanager's API v2 (POST /api/v2/alerts). It resolves an alert that nobody repeats in time, so each carries an endsAt
 * after our next message, and active ones are sent again every few minutes (Sink.refresh): a restarted Alertmanager has forgotten
 * them. The endsAt is not that close: a node that is off for an hour has not cleared its alerts. The severity is a label: with another one it is another alert, and the previous one is resolved.
 */
function alertmanagerBody(dispatch: Dispatch, repeat: number): string {
  return JSON.stringify(dispatch.notifications.flatMap((each) => alertmanagerAlerts(each, dispatch, repeat)));
}

function alertmanagerAlerts(notification: Notification, dispatch: Dispatch, repeat: number): object[] {
  const { at, node } = dispatch;
  const { status, alert, since, worst = alert.severity } = notification;
  const entry = (severity: Severity, endsAt: number) => ({
    labels: {
      job: 'certagent',
      instance: node.name,
      ...node.labels,
      alertname: alert.code,
      severity,
      node: node.name,
      ...(node.machine === undefined ? {} : { machine: node.machine }),
      subject: alert.subject,
    },
    annotations: {
      summary: alert.text,
      remedy: alert.remedy,
      runbook_url: runbookOf(dispatch, alert),
      facts: Object.entries(alert.facts)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n'),
    },
    startsAt: iso(since),
    endsAt: iso(endsAt),
  });
  if (status === 'event') return [entry(alert.severity, at + (alert.code === TEST ? TEST_LASTS : HOUR))];
  const lasts = Math.max(2 * repeat, LEAST_LASTS);
  // An earlier version did not write down how an alert was last sent.
  const { sent = { severity: status === 'cleared' ? alert.severity : worst } } = notification;
  const previous = sent === null ? [] : [entry(sent.severity, at)];
  if (status === 'cleared') return previous;
  return [entry(alert.severity, at + lasts), ...(sent?.severity === alert.severity ? [] : previous)];
}
