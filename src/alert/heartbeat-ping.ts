import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HeartbeatSettings } from '../config/sinks/heartbeat-keys.ts';
import { errorCode } from '../domain/model/errors.ts';
import { onUpgrade } from '../host/http.ts';
import type { Root } from '../host/root.ts';
import { readAuthorities, readSecret } from './secrets.ts';
import { SinkError } from './sink.ts';

const LIMIT = 15_000;

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
  const { url_file, url = '', ca_file } = settings;
  const text = url_file === undefined ? url : await readSecret(root, name, url_file);
  const base = URL.parse(text.trim());
  if (base === null || !['http:', 'https:'].includes(base.protocol))
    throw new SinkError(name, `${url_file ?? 'its url'} does not hold an http or https address`);
  const ca = ca_file === undefined ? null : await readAuthorities(root, name, ca_file);
  return ask(name, requestOf(settings.shape, base, pulse), ca, signal);
}

type Asked = { url: URL; method: 'GET' | 'POST'; body: string };

/**
 * healthchecks.io: a POST whose body is kept, at /fail when something is wrong. Uptime Kuma's push monitors take a GET with
 * `status`, and replace their message with `msg`.
 */
export function requestOf(shape: HeartbeatSettings['shape'], base: URL, { critical, text }: Pulse): Asked {
  const url = new URL(base);
  switch (shape) {
    case 'healthchecks':
      if (critical) url.pathname = `${url.pathname.replace(/\/+$/, '')}/fail`;
      return { url, method: 'POST', body: text };
    case 'uptime-kuma':
      url.searchParams.set('status', critical ? 'down' : 'up');
      url.searchParams.set('msg', text.slice(0, 200));
      return { url, method: 'GET', body: '' };
    case 'plain':
      return { url, method: 'GET', body: '' };
  }
}

function ask(name: string, { url, method, body }: Asked, ca: string | null, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.timeout(LIMIT);
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new SinkError(name, `${url.origin} ${reason}`));
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const headers = {
      'user-agent': 'certagent',
      ...(body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
    };
    const options = {
      method,
      headers,
      agent: false,
      rejectUnauthorized: true,
      signal: AbortSignal.any([signal, limit]),
    };
    const request = send(url, { ...options, ...(ca === null ? {} : { ca }) }, (response) => {
      const status = response.statusCode ?? 0;
      // The status is the whole answer.
      response.destroy();
      if (status >= 200 && status < 300) resolve(`HTTP ${status}`);
      else fail(`answered HTTP ${status}`);
    });
    request.once('error', (error) =>
      fail(limit.aborted ? `did not answer within ${LIMIT / 1000} s` : `could not be reached (${codeOf(error)})`),
    );
    onUpgrade(request, () => fail('answered HTTP 101, and other protocols are not spoken'));
    request.end(body);
  });
}

/** Messages of TLS errors carry certificates' names. */
function codeOf(error: Error): string {
  const code = errorCode(error);
  return code === 'UNKNOWN' ? error.name : code;
}
