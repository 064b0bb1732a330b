import type { HeartbeatSettings } from '../config/sinks/heartbeat-keys.ts';
import type { Root } from '../host/root.ts';
import { addressOf } from './address.ts';
import { post } from './post.ts';
import { authoritiesFor } from './trusted-cas.ts';

/** What a check found: one line for people, and whether something critical is active. */
export type Pulse = { critical: boolean; text: string };

/** Asks the address of a heartbeat once. Resolves with "HTTP 200"; throws SinkError, which names the address's origin only. */
export async function ping(
  settings: HeartbeatSettings,
  name: string,
  root: Root,
  pulse: Pulse,
  signal: AbortSignal,
): Promise<string> {
  const base = await addressOf(root, name, settings);
  const ca = await authoritiesFor(root, name, settings.ca_file);
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return post({ sink: name, ...requestOf(settings.shape, base, pulse), headers, ca, proxy: null, signal });
}

/** Without a method it is a POST. */
type Asked = { url: URL; method?: 'GET'; body: string };

/**
 * healthchecks.io: a POST whose body is kept, at /fail when something is wrong. Uptime Kuma's push monitors take a GET with
 * `status`, and replace their message with `msg`.
 */
export function requestOf(shape: HeartbeatSettings['shape'], base: URL, { critical, text }: Pulse): Asked {
  const url = new URL(base);
  switch (shape) {
    case 'healthchecks':
      if (critical) url.pathname = `${url.pathname.replace(/\/+$/, '')}/fail`;
      return { url, body: text };
    case 'uptime-kuma':
      url.searchParams.set('status', critical ? 'down' : 'up');
      url.searchParams.set('msg', text.slice(0, 200));
      return { url, method: 'GET', body: '' };
    case 'plain':
      return { url, method: 'GET', body: '' };
  }
}
