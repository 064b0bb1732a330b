import type { Dispatch, Notification, Severity } from '../domain/alerts/alert.ts';
import type { AlertCode } from '../domain/alerts/catalogue.ts';
import { HOUR, MINUTE } from '../domain/time/duration.ts';
import { identityOf, instanceOf } from './identity.ts';
import { label, nameOf, origin, remarks, since, whatToDo } from './labels.ts';
import { runbookOf } from './runbook.ts';

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

/** Slack's and Mattermost's shortest form. Slack cuts texts off at 40,000 characters, and long ones are hard to read. */
const SLACK_LIMIT = 8_000;
const ROWS = 20;

export function slackBody(dispatch: Dispatch): string {
  const blocks = dispatch.notifications.map((notification) => {
    const { alert } = notification;
    const facts = Object.entries(alert.facts);
    return [
      `*${label(notification)}* ${slackEscape(alert.text)}`,
      since(notification, dispatch),
      ...facts.slice(0, ROWS).map(([name, value]) => `• ${slackEscape(name)}: ${slackEscape(value)}`),
      facts.length > ROWS ? `• and ${facts.length - ROWS} more` : '',
      slackEscape(whatToDo(notification)),
      notification.status === 'cleared' ? '' : slackEscape(`Runbook: ${runbookOf(dispatch, alert)}`),
    ]
      .filter((line) => line !== '')
      .join('\n');
  });
  const text = [slackEscape(origin(dispatch)), ...blocks, ...remarks(dispatch)].join('\n\n');
  return JSON.stringify({ text: text.length > SLACK_LIMIT ? `${text.slice(0, SLACK_LIMIT)}…` : text });
}

const slackEscape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const LEAST_LASTS = 10 * MINUTE;
/** It resolves by itself, after Alertmanager has had the time to notify (group_wait). */
const TEST_LASTS = 5 * MINUTE;

/**
 * Alertmanager's API v2 (POST /api/v2/alerts). It resolves an alert that nobody repeats in time, so each carries an endsAt
 * after our next message, and active ones are sent again every few minutes (Sink.refresh): a restarted Alertmanager has forgotten
 * them. The endsAt is not that close: a node that is off for an hour has not cleared its alerts. The severity is a label: with another one it is another alert, and the previous one is resolved.
 */
export function alertmanagerBody(dispatch: Dispatch, repeat: number): string {
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

/** Code of `certagent alert test`. */
export const TEST: AlertCode = 'TEST';

/**
 * PagerDuty's events v2, one for each alert; messages about the same alert have the same dedup_key, so sending one twice
 * does no harm. An event that only informs ("renewed") would open an incident that nobody resolves: it is left out.
 */
export function pagerdutyBodies(dispatch: Dispatch, routingKey: string): string[] {
  const { node, at } = dispatch;
  return (
    dispatch.notifications
      .filter(({ status, alert }) => status !== 'event' || alert.severity !== 'info' || alert.code === TEST)
      // A test alert is resolved at once: nobody should have to do it.
      .flatMap((each) => (each.alert.code === TEST ? [each, { ...each, status: 'cleared' as const }] : [each]))
      .map(({ status, alert, since }) => {
        const once = status === 'event' && alert.code !== TEST ? [dispatch.id] : [];
        return JSON.stringify({
          routing_key: routingKey,
          event_action: status === 'cleared' ? 'resolve' : 'trigger',
          dedup_key: `certagent-${identityOf(node, alert, ...once)}`,
          client: 'certagent',
          payload: {
            summary: `${nameOf(node, 'values')}: ${alert.text}`.slice(0, 1024),
            source: node.name,
            severity: alert.severity,
            timestamp: iso(at),
            component: alert.subject,
            class: alert.code,
            custom_details: {
              since: iso(since),
              remedy: alert.remedy,
              runbook: runbookOf(dispatch, alert),
              instance: instanceOf(node),
              ...(node.machine === undefined ? {} : { machine: node.machine }),
              ...(node.labels === undefined ? {} : { labels: node.labels }),
              ...alert.facts,
            },
          },
        });
      })
  );
}
