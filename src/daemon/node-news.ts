import type { Config } from '../config/schema.ts';
import type { AlertEvent, StandingAlert } from '../domain/alerts/alert.ts';
import { type NodeEvent, nodeEvents } from '../domain/cluster/node-events.ts';
import { nodeLine } from '../domain/cluster/node-line.ts';
import type { ServingRequest } from '../domain/cluster/serving-requests.ts';
import { explain } from '../domain/model/errors.ts';
import { HOUR, MINUTE, SECOND } from '../domain/time/duration.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import type { View } from './view.ts';

/** So many Events in an hour. What is more waits for the next check. */
const MOST_EVENTS = 10;
/** Keys of Events that were sent; the API itself refuses one that it has. */
const REMEMBERED = 200;
/** Milliseconds for everything that one check says. */
const LIMIT = 30 * SECOND;
/** Milliseconds for what is still to be said when certagent ends: a command that renews ends right after it. */
const PATIENCE = 3 * SECOND;

export type NodeNews = {
  /** What a check has found goes to this node's Node, beside everything else: nobody waits for it. `plan`: what ended in this check. */
  after(view: View, alerts: StandingAlert[], happened: AlertEvent[], plan: string | null): void;
  /** What the kubelet has asked for, as of the last answer. */
  requests(): ServingRequest[];
  close(): Promise<void>;
};

/** `wake`: a check is due, because other requests than before wait for an approval. */
export function makeNodeNews(options: {
  root: Root;
  config: () => Config;
  log: Log;
  now: () => number;
  wake: () => void;
}): NodeNews {
  const { root, log, now, wake } = options;
  const stop = new AbortController();
  const sent: string[] = [];
  const sentAt: number[] = [];
  let unsent: NodeEvent[] = [];
  let requests: ServingRequest[] = [];
  let reporting: Promise<void> = Promise.resolve();
  let last: { at: number; line: string; failed: string | null } | null = null;

  const report = async (view: View, alerts: StandingAlert[], events: NodeEvent[]): Promise<void> => {
    const { inventory, decisions } = view;
    // What a doubtful clock says of an expiry is no news for others.
    if (stop.signal.aborted || inventory.clock.doubt !== null) return;
    const { ownNode } = await import('../cluster/own-node.ts');
    const own = ownNode(inventory);
    if (own === null) return;
    const at = now();
    const recent = sentAt.filter((one) => at - one < HOUR).length;
    const isNew = ({ key }: NodeEvent) => !sent.includes(key);
    const waiting = [...unsent, ...events].filter(isNew);
    const line = nodeLine({ certificates: inventory.certificates, renewal: decisions.renewal, alerts }, at);
    // Files that change all the time lead to checks all the time.
    if (last !== null && waiting.length === 0 && last.line === JSON.stringify(line) && at - last.at < MINUTE) return;
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(LIMIT)]);
    const { reportNode } = await import('../cluster/report-node.ts');
    const news = { line, events: waiting.slice(0, Math.max(0, MOST_EVENTS - recent)), now: at };
    const { failed, ...reported } = await reportNode(root, own, news, signal);
    sent.push(...reported.sent);
    sent.splice(0, sent.length - REMEMBERED);
    sentAt.push(...reported.sent.map(() => at));
    sentAt.splice(0, sentAt.length - MOST_EVENTS);
    // What is still active is found again by the next check; what has happened is not.
    unsent = waiting.filter((event) => isNew(event) && event.type === 'Normal').slice(-MOST_EVENTS);
    if (failed !== null && failed !== last?.failed)
      log.info({}, `the Node of this node does not show what was found: ${failed}`);
    last = { at, line: JSON.stringify(line), failed };
    const before = namesOf(requests);
    requests = reported.requests ?? requests;
    if (namesOf(requests) !== before && !stop.signal.aborted) wake();
  };

  return {
    after(view, alerts, happened, plan) {
      if (!options.config().cluster.report) return;
      const events = nodeEvents({ alerts, happened, plan }, now());
      reporting = reporting
        .then(() => report(view, alerts, events))
        .catch((error) => log.warn({}, `the Node of this node cannot be written: ${explain(error)}`));
    },
    requests: () => requests,
    async close() {
      const limit = setTimeout(() => stop.abort(), PATIENCE);
      await reporting;
      clearTimeout(limit);
      stop.abort();
    },
  };
}

const namesOf = (requests: ServingRequest[]): string => requests.map(({ name }) => name).join(' ');
