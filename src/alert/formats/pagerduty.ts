import type { Dispatch } from '../../domain/alerts/alert.ts';
import { identityOf, instanceOf } from '../identity.ts';
import { nameOf } from '../labels.ts';
import { runbookOf } from '../runbook.ts';
import { TEST } from '../test-alert.ts';
import type { Format } from './format.ts';

export const pagerduty: Format = {
  requests: ({ dispatch, url, secret }) => pagerdutyBodies(dispatch, secret).map((body) => ({ url, body })),
};

const iso = (at: number): string => new Date(at).toISOString();

/**
 * PagerDuty's events v2, one for each alert; messages about the same alert have the same dedup_key, so sending one twice
 * does no harm. An event that only informs ("renewed") would open an incident that nobody resolves: it is left out.
 */
function pagerdutyBodies(dispatch: Dispatch, routingKey: string): string[] {
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
