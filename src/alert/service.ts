import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config/schema.ts';
import type {
  Alert,
  AlertEvent,
  AlertNode,
  Dispatch,
  Notification,
  Severity,
  StandingAlert,
} from '../domain/alerts/alert.ts';
import { diffAlerts } from '../domain/alerts/diff.ts';
import { refreshed } from '../domain/alerts/refresh.ts';
import { sendable } from '../domain/alerts/sendable.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import type { Silence } from '../domain/model/orders.ts';
import type { SinkResult } from '../domain/model/status.ts';
import { followLinks } from '../host/links.ts';
import type { Log } from '../host/logger.ts';
import { machineHash } from '../host/machine-id.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { logAlerts } from './alert-log.ts';
import { keepBook, loadBook, saveBook } from './book.ts';
import { type Courier, makeCourier, PACE, type Pace } from './courier.ts';
import { clearForgotten } from './forgotten.ts';
import { makeHeartbeats } from './heartbeat.ts';
import { forSink } from './merge.ts';
import { clearedAll, isSameNode, raisedAgain } from './moved.ts';
import { pulseOf } from './pulse.ts';
import type { Sink } from './sink.ts';
import { makeSinks } from './sinks.ts';
import { openSpool, type Spool } from './spool.ts';
import { TEST } from './test-alert.ts';

export type AlertService = {
  /** The active alerts, as of the last `report`. */
  standing(): StandingAlert[];
  /**
   * What is active now and what happened: the difference to the previous report goes to the sinks. Resolves once it is in
   * their spools; delivery continues by itself. Never throws: a full disk must not silence the alert that it is full.
   */
  report(state: { node: NodeNames; alerts: Alert[]; events: AlertEvent[]; silences?: Silence[] }): Promise<void>;
  /** Puts a dispatch into every sink's spool that its severities concern. */
  enqueue(dispatch: Dispatch): Promise<void>;
  /** Tries every sink now and resolves when each has taken all, or has failed. */
  flush(): Promise<void>;
  /** Names of the sinks whose last try failed, that of an earlier service too. */
  failing(): string[];
  /** Those of them that have failed for so long that a person should know. */
  unreachable(): string[];
  /** When the first alert is sent that is kept back now, should it persist; null when there is none. */
  heldUntil(): Instant | null;
  /** Sends a test alert to every sink at once, past the spool. */
  test(): Promise<SinkResult[]>;
  /** Lets current deliveries end (`patience` milliseconds, 5 s by default); what waits stays in the spool. */
  stop(patience?: number): Promise<void>;
};

export type AlertServiceOptions = {
  root: Root;
  config: Config['alerts'];
  now: () => Instant;
  log: Log;
  /** What distinguishes this node, and its configured name (node.site, node.labels, node.name); by default alerts.labels alone. */
  identity?: { labels: Record<string, string>; name?: string | undefined };
  /** Whether the next check is overdue. */
  late?: () => boolean;
  /** Instead of the configuration's. */
  sinks?: Sink[];
  pace?: Pace;
  monotonic?: () => number;
};

/** What a check knows of the node; the service adds what distinguishes it from others. */
type NodeNames = Pick<AlertNode, 'name' | 'distribution' | 'role'>;

const SPOOL = `${STATE_DIR}/spool`;
/** What setTimeout can count: 2^31 - 1 milliseconds, 24 days. */
const LONGEST_TIMER = 2_147_483_647;

type Line = { sink: Sink; spool: Spool; courier: Courier };

/** Opens the book and the spools and takes up what an earlier process left in them. */
export async function openAlerts(options: AlertServiceOptions): Promise<AlertService> {
  const { root, config, now, log, pace = PACE, late = () => false, monotonic } = options;
  const { labels, name } = options.identity ?? { labels: config.labels };
  const sinks = options.sinks ?? makeSinks(config, root);
  const lines: Line[] = await Promise.all(
    sinks.map(async (sink) => {
      const spool = await openSpool(await followLinks(root, `${SPOOL}/${sink.name}`), {
        putAside: (file) =>
          log.error({ sink: sink.name, file }, 'an alert in the spool cannot be read; its file is kept'),
      });
      return { sink, spool, courier: makeCourier({ sink, spool, log, pace, monotonic }) };
    }),
  );
  // Counted by the time that certagent runs: a clock that is set must not drop them.
  const forget = setTimeout(() => void clearForgotten(root.at(SPOOL), sinks), Math.min(pace.keep, LONGEST_TIMER));
  forget.unref();
  const loaded = await loadBook(root);
  let book = loaded.book;
  /** Of an earlier process or configuration: such a sink fails until it has accepted what waits for it. */
  const failedBefore = new Set(
    book.flatMap(({ alert }) => (alert.code === 'SINK_FAILING' ? Object.keys(alert.facts) : [])),
  );
  /** Of the last report; until the first of this process, as an earlier one knew it: a test after a reload is about the same node. */
  const known = loaded.node ?? { name: hostname(), distribution: null, role: null };
  let node = await identified({ ...known, name: name ?? known.name }, root, labels);
  const heartbeats = makeHeartbeats({ config, root, log, late, monotonic });
  /**
   * What is sent again. Nothing before the first report, when the node's name is a guess, nor during one: it could overtake
   * what that sends, and bring back what that clears.
   */
  let settled: StandingAlert[] = [];
  const dispatchOf = (notifications: Notification[], at: Instant, allClear = false): Dispatch => {
    return { id: randomUUID(), at, node, runbooks: config.runbooks, notifications, allClear };
  };
  const activeFor = (sink: Sink): Dispatch | null =>
    forSink(dispatchOf(refreshed(settled).map(withBounds), now()), sink.least);
  const refreshes = lines.flatMap(({ sink, courier }) =>
    sink.refresh === undefined
      ? []
      : [setInterval(() => void courier.refresh(() => activeFor(sink)), sink.refresh).unref()],
  );
  if (loaded.damaged !== null) {
    await keepBook(root);
    log.warn({}, `${loaded.damaged}; it is kept, and alerts that are still active are sent again`);
  }
  for (const { spool, courier } of lines) if (spool.size() > 0) courier.wake();

  const failsSinceBefore = ({ sink, spool }: Line): boolean => failedBefore.has(sink.name) && spool.size() > 0;

  const enqueue = async (dispatch: Dispatch, to: (sink: Sink) => boolean = () => true): Promise<void> => {
    await Promise.all(
      lines
        .filter(({ sink }) => to(sink))
        .map(async ({ sink, spool, courier }) => {
          const part = forSink(dispatch, sink.least);
          if (part === null) return;
          const { kept, why } = await spool.add(part);
          if (kept === 'memory')
            log.error({ sink: sink.name, reason: why }, 'an alert is kept in memory: the spool cannot be written');
          courier.wake();
        }),
    );
  };

  /** To the sinks that keep alerts, when the identity of this node has changed. */
  const move = async (before: AlertNode, active: StandingAlert[], events: AlertEvent[], at: Instant): Promise<void> => {
    const keeps = ({ keepsAlerts = false }: Sink) => keepsAlerts;
    const cleared = clearedAll(book).map(withBounds);
    if (cleared.length > 0) await enqueue({ ...dispatchOf(cleared, at), node: before }, keeps);
    const raised = raisedAgain(active, events, at).map(withBounds);
    if (raised.length > 0) await enqueue(dispatchOf(raised, at), keeps);
  };

  return {
    standing: () => book,
    async report({ node: of, alerts, events, silences = [] }) {
      node = await identified(of, root, labels);
      const at = now();
      // An earlier version did not write it down: its identity had alerts.labels alone.
      const before = loaded.node ?? { ...node, labels: config.labels };
      const diff = diffAlerts({ before: book, now: at, alerts, events, repeat: config.repeat, silences });
      const notifications = diff.notifications.map(withBounds);
      logAlerts(log, notifications);
      settled = [];
      // Spool first: killed in between, certagent sends twice rather than never.
      const moved = book.length > 0 && !isSameNode(before, node);
      if (moved) await move(before, diff.book, events, at);
      if (notifications.length > 0)
        await enqueue(dispatchOf(notifications, at, diff.allClear), (sink) => !moved || sink.keepsAlerts !== true);
      book = diff.book;
      settled = book;
      loaded.node = node;
      await saveBook(root, book, node).catch((error) =>
        log.error({}, `the alert book cannot be written: ${explain(error)}`),
      );
      heartbeats.beat(pulseOf(node, book));
    },
    enqueue: (dispatch) => enqueue(dispatch),
    flush: async () => void (await Promise.all([...lines.map(({ courier }) => courier.flush()), heartbeats.settled()])),
    failing: () => [
      ...lines.filter((line) => line.courier.failing() || failsSinceBefore(line)).map(({ sink }) => sink.name),
      ...heartbeats.failing(),
    ],
    unreachable: () => [
      ...lines.filter((line) => line.courier.lasting() || failsSinceBefore(line)).map(({ sink }) => sink.name),
      ...heartbeats.lasting(),
    ],
    heldUntil: () => book.reduce<Instant | null>((first, { heldUntil = null }) => earlier(first, heldUntil), null),
    test: async () => {
      const at = now();
      const pinged = heartbeats.test(pulseOf(node, book));
      const sent = sinks.map((sink) => sendTest(sink, dispatchOf([testEvent(at, sink.least)], at)));
      return [...(await Promise.all(sent)), ...(await pinged)];
    },
    async stop(patience = 5_000) {
      clearTimeout(forget);
      for (const refresh of refreshes) clearInterval(refresh);
      await Promise.all([...lines.map(({ courier }) => courier.stop(patience)), heartbeats.stop(patience)]);
    },
  };
}

const withBounds = (each: Notification): Notification => ({ ...each, alert: sendable(each.alert) });

const earlier = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** The machine-id is read each time: a node image gets its own at its first boot. */
async function identified(
  { name, distribution, role }: NodeNames,
  root: Root,
  labels: Record<string, string>,
): Promise<AlertNode> {
  const machine = await machineHash(root);
  return { name, distribution, role, ...(machine === null ? {} : { machine }), labels };
}

function testEvent(at: Instant, least: Severity): Notification {
  const alert: Alert = {
    code: TEST,
    severity: least,
    subject: 'node',
    text: 'This is a test alert of certagent.',
    remedy: '',
    facts: { sent: new Date(at).toISOString() },
  };
  return { status: 'event', alert, since: at };
}

async function sendTest(sink: Sink, dispatch: Dispatch): Promise<SinkResult> {
  try {
    return { sink: sink.name, ok: true, detail: await sink.send(dispatch) };
  } catch (error) {
    const { message, remedy = '' } = error instanceof CertagentError ? error : { message: explain(error) };
    return { sink: sink.name, ok: false, detail: message, ...(remedy === '' ? {} : { remedy }) };
  }
}
