import type { AlertService } from '../alert/service.ts';
import type { KeptConfig } from '../config/kept-mode.ts';
import type { Config } from '../config/schema.ts';
import type { ReadErrors } from '../domain/metrics/x509-metrics.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Progress } from '../domain/model/journal.ts';
import type { OrderBook } from './order-book.ts';
import type { View } from './view.ts';

/** What an agent knows between two checks. Nobody but the agent changes it. */
export type AgentState = {
  config: Config;
  orders: OrderBook;
  /** Opened by the first thing that is reported; null again after a reload. */
  alerts: AlertService | null;
  /** What the last check saw. */
  last: View | null;
  /** Whether the alerts are those of `last`; a reload changes it, and the check that follows reports it. */
  reported: boolean;
  running: Progress | null;
  reloads: number;
  configError: string | null;
  /** The configuration does not set `mode` any more, and certagent goes on observing. */
  modeMissing: boolean;
  nextCheckAt: Instant | null;
  /** Counted at each check since the start. */
  readErrors: ReadErrors;
};

export function beginState({ config, modeMissing }: KeptConfig, orders: OrderBook): AgentState {
  return {
    config,
    modeMissing,
    orders,
    alerts: null,
    last: null,
    reported: false,
    running: null,
    reloads: 0,
    configError: null,
    nextCheckAt: null,
    readErrors: {},
  };
}
