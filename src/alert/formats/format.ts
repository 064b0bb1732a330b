import type { WebhookSink } from '../../config/sinks/webhook-keys.ts';
import type { Dispatch } from '../../domain/alerts/alert.ts';

/** What a format makes its requests of. */
export type FormatInput = {
  /** It has gone through `shown`. */
  dispatch: Dispatch;
  url: URL;
  settings: Pick<WebhookSink, 'chat_id' | 'room'>;
  /** Content of secret_file and token_file; empty where the configuration names none. */
  secret: string;
  token: string;
  /** Milliseconds after which an active alert is sent again. */
  repeat: number;
};

/** A request that delivers a part of a dispatch. */
export type Outgoing = { url: URL; method?: 'PUT'; headers?: Record<string, string>; body: string };

/** How a service wants to be told of alerts. */
export type Format = {
  /** Milliseconds after which it wants to see the active alerts again: it forgets them when it restarts. */
  refresh?: number;
  /** It sends the token in a place of its own, not as a bearer token. */
  placesToken?: true;
  /** Throws where the address or the token cannot be used; the message is for the operator, and quotes neither. */
  requests(input: FormatInput): Outgoing[];
};
