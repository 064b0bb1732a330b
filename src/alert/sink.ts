import type { Dispatch } from '../domain/alerts/alert.ts';
import { CertagentError } from '../domain/model/errors.ts';

/** Where alerts go: an email relay, a webhook. */
export type Sink = {
  name: string;
  /** The least severity that it is sent. */
  least: 'info' | 'warning' | 'critical';
  /** Milliseconds after which it wants to see the active alerts again, beside the messages: it forgets them when it restarts. */
  refresh?: number;
  /** It keeps an alert under its identity until that is resolved: when this node gets another identity, under the previous one. */
  keepsAlerts?: boolean;
  /** Resolves with what the sink said once it has accepted the dispatch. Throws SinkError. */
  send(dispatch: Dispatch, signal?: AbortSignal): Promise<string>;
};

/** A sink did not accept a dispatch. The message names the sink and the reason, never an address's secret parts or a password. */
export class SinkError extends CertagentError {
  /** Milliseconds after which the sink wants the next try; null when it did not say. */
  readonly retryAfter: number | null;
  /** The sink refuses this message itself; sending it again will not help. */
  readonly refusesMessage: boolean;

  constructor(
    sink: string,
    reason: string,
    options: { retryAfter?: number | null; refusesMessage?: boolean; remedy?: string } = {},
  ) {
    super('SINK_REFUSED', `sink "${sink}": ${reason}`, {
      remedy: options.remedy ?? 'Check this sink in the configuration, then: certagent alert test',
    });
    this.retryAfter = options.retryAfter ?? null;
    this.refusesMessage = options.refusesMessage ?? false;
  }
}
