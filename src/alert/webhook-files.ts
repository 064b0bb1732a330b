import type { WebhookSink } from '../config/sinks/webhook-keys.ts';
import { SHAPES } from '../config/sinks/webhook-shapes.ts';
import type { Root } from '../host/root.ts';
import { addressOf } from './address.ts';
import { readHeaders } from './headers.ts';
import { readSecret } from './secrets.ts';
import { authoritiesFor } from './trusted-cas.ts';

/** What a webhook is sent with, of the files that its configuration names. Secrets are null where none is named. */
export type WebhookFiles = {
  url: URL;
  secret: string | null;
  token: string | null;
  /** PEM. */
  ca: string[];
  /** null: as the environment says. */
  proxy: string | null;
  headers: Record<string, string>;
};

/** Read anew for each message, so that a changed secret needs no reload. Throws SinkError. */
export async function readWebhook(settings: WebhookSink, sink: string, root: Root): Promise<WebhookFiles> {
  const { url = SHAPES[settings.shape].address, url_file, secret_file, token_file, headers_file } = settings;
  const read = async (file: string | undefined) => (file === undefined ? null : await readSecret(root, sink, file));
  return {
    url: await addressOf(root, sink, { url, url_file }),
    secret: await read(secret_file),
    token: await read(token_file),
    ca: await authoritiesFor(root, sink, settings.ca_file),
    proxy: (await read(settings.proxy_file)) ?? settings.proxy ?? null,
    headers: headers_file === undefined ? {} : await readHeaders(root, sink, headers_file),
  };
}
