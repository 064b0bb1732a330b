// The one importer of standardwebhooks, loaded when the first signed message is sent.
import type { WebhookSink } from '../config/sinks/webhook-keys.ts';
import type { Dispatch } from '../domain/alerts/alert.ts';
import { MINUTE } from '../domain/time/duration.ts';
import type { Root } from '../host/root.ts';
import { shown } from './labels.ts';
import { post } from './post.ts';
import { readAuthorities, readSecret } from './secrets.ts';
import { alertmanagerBody, pagerdutyBodies, slackBody, standardBody } from './shapes.ts';
import { type Sink, SinkError } from './sink.ts';

/** Alertmanager's documentation asks clients to send active alerts again every 30 seconds to 3 minutes. */
const REFRESH = 2 * MINUTE;

/** POSTs each dispatch. `repeat`: milliseconds after which an active alert is sent again. */
export function webhookSink(config: WebhookSink, name: string, root: Root, repeat: number): Sink {
  return {
    name,
    least: config.least,
    ...(config.shape === 'alertmanager' ? { refresh: REFRESH } : {}),
    async send(dispatch, signal) {
      const url = await address(config, name, root);
      const secret = config.secret_file === undefined ? null : await readSecret(root, name, config.secret_file);
      const ca = config.ca_file === undefined ? null : await readAuthorities(root, name, config.ca_file);
      let said = 'nothing to send to this sink';
      for (const body of bodies(config.shape, shown(dispatch), secret ?? '', repeat)) {
        const signature = config.shape === 'pagerduty' ? {} : await signed(name, dispatch, body, secret);
        const headers = { 'content-type': 'application/json', ...signature };
        said = await post({ sink: name, url, body, headers, ca, signal });
      }
      return said;
    },
  };
}

function bodies(shape: WebhookSink['shape'], dispatch: Dispatch, secret: string, repeat: number): string[] {
  switch (shape) {
    case 'standard':
      return [standardBody(dispatch)];
    case 'slack':
      return [slackBody(dispatch)];
    case 'alertmanager':
      return [alertmanagerBody(dispatch, repeat)];
    case 'pagerduty':
      return pagerdutyBodies(dispatch, secret);
  }
}

async function address({ url, url_file }: WebhookSink, name: string, root: Root): Promise<URL> {
  const text = url_file === undefined ? (url ?? '') : await readSecret(root, name, url_file);
  const parsed = URL.parse(text.trim());
  if (parsed !== null && ['http:', 'https:'].includes(parsed.protocol)) return parsed;
  throw new SinkError(name, `${url_file ?? 'its url'} does not hold an http or https address`);
}

/** The id is the same at every try, so a receiver can drop what it already has; it is signed where there is a secret. */
async function signed(
  name: string,
  { id }: Dispatch,
  body: string,
  secret: string | null,
): Promise<Record<string, string>> {
  const now = new Date();
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now.getTime() / 1000)) };
  if (secret === null) return headers;
  const { Webhook } = await import('standardwebhooks');
  try {
    return { ...headers, 'webhook-signature': new Webhook(secret).sign(id, now, body) };
  } catch {
    // The package's own message could quote the secret.
    throw new SinkError(name, 'its secret_file does not hold a signing secret: "whsec_" and base64');
  }
}
