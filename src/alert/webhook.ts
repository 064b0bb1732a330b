// The one importer of standardwebhooks, loaded when the first signed message is sent.
import type { WebhookSink } from '../config/sinks/webhook-keys.ts';
import { SHAPES } from '../config/sinks/webhook-shapes.ts';
import type { Dispatch } from '../domain/alerts/alert.ts';
import { explain } from '../domain/model/errors.ts';
import type { Root } from '../host/root.ts';
import type { FormatInput, Outgoing } from './formats/format.ts';
import { FORMATS } from './formats/index.ts';
import { shown } from './labels.ts';
import { post } from './post.ts';
import { type Sink, SinkError } from './sink.ts';
import { readWebhook } from './webhook-files.ts';

/** Sends each dispatch in the format of its shape. `repeat`: milliseconds after which an active alert is sent again. */
export function webhookSink(config: WebhookSink, name: string, root: Root, repeat: number): Sink {
  const { refresh, placesToken } = FORMATS[config.shape];
  return {
    name,
    least: config.least,
    ...(refresh === undefined ? {} : { refresh }),
    async send(dispatch, signal) {
      const { url, secret, token, ca, proxy, headers: extra } = await readWebhook(config, name, root);
      const bearer = token === null || placesToken === true ? {} : { authorization: `Bearer ${token}` };
      const input = {
        dispatch: shown(dispatch),
        url,
        settings: config,
        secret: secret ?? '',
        token: token ?? '',
        repeat,
      };
      let said = 'nothing to send to this sink';
      for (const { headers: own = {}, ...outgoing } of requests(config, name, input)) {
        const signature = SHAPES[config.shape].takes?.includes('secret_file')
          ? await signed(name, dispatch, outgoing.body, secret)
          : {};
        const headers = { 'content-type': 'application/json', ...bearer, ...own, ...extra, ...signature };
        said = await post({ sink: name, ...outgoing, headers, ca, proxy, signal });
      }
      return said;
    },
  };
}

function requests({ shape }: WebhookSink, name: string, input: FormatInput): Outgoing[] {
  try {
    return FORMATS[shape].requests(input);
  } catch (error) {
    throw new SinkError(name, explain(error));
  }
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
