import * as z from '../fields.ts';
import { note, secretFile } from '../fields.ts';
import { caFile, least, sinkName } from './common-keys.ts';
import type { SinkKind } from './sink-kind.ts';
import { SHAPE_KEYS, SHAPE_NAMES, SHAPES } from './webhook-shapes.ts';

/** The keys of one [[alerts.webhook]]. */
const keys = z.strictObject({
  name: sinkName('chat'),
  url: note(
    z.optional(z.string().check(z.regex(/^https?:\/\/[^\s/]/, 'is not an http or https address'))),
    'Address to send to; url or url_file is required (not for the shape "telegram").',
    'https://hooks.example.org/certagent',
  ),
  url_file: note(
    z.optional(secretFile()),
    'File or systemd credential with the address, if the address is a secret; it takes precedence over url.',
    'chat-url',
  ),
  shape: note(
    z.prefault(z.enum(SHAPE_NAMES), 'standard'),
    `What the service takes. ${SHAPE_NAMES.map((name) => `${name}: ${SHAPES[name].what}`).join('; ')}.`,
  ),
  secret_file: note(
    z.optional(secretFile()),
    "File or systemd credential with the signing secret (standardwebhooks.com), or PagerDuty's routing key.",
    'webhook-secret',
  ),
  token_file: note(
    z.optional(secretFile()),
    "File or systemd credential with the token: Gotify's and Telegram's are sent as these want them, any other as a bearer token (Authorization: Bearer).",
    'webhook-token',
  ),
  headers_file: note(
    z.optional(secretFile()),
    'File or systemd credential with more headers, one "Name: value" a line.',
    'webhook-headers',
  ),
  proxy: note(
    z.optional(
      z
        .string()
        .check(
          z.regex(
            /^http:\/\/[^\s/@]+\/?$/,
            'is not the address of an HTTP proxy; one with a password belongs in proxy_file',
          ),
        ),
    ),
    'HTTP proxy through which to connect. Without it HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment apply.',
    'http://proxy.example.org:3128',
  ),
  proxy_file: note(
    z.optional(secretFile()),
    "File or systemd credential with the proxy's address, if it has a password (http://USER:PASSWORD@HOST:PORT); it takes precedence over proxy.",
    'webhook-proxy',
  ),
  chat_id: note(
    z.optional(
      z.string().check(z.regex(/^(-?\d{1,20}|@\w{1,64})$/, 'is not the id of a chat: use a number or "@channel"')),
    ),
    'For the shape "telegram": the chat that the bot writes to, a number or the @name of a channel.',
    '-1001234567890',
  ),
  room: note(
    z.optional(
      z
        .string()
        .check(z.regex(/^![^\s/]{1,254}$/, 'is not the id of a room: that begins with "!", and an alias is not one')),
    ),
    'For the shape "matrix": the id of the room. The user of the token must have joined it.',
    '!abcdef:example.org',
  ),
  ca_file: caFile(),
  least: least(),
});

export type WebhookSink = z.infer<typeof keys>;

export const webhook: SinkKind<typeof keys, WebhookSink> = {
  title: 'A webhook sink',
  keys,
  files: [
    { key: 'ca_file', isSecret: false },
    { key: 'headers_file', isSecret: true },
    { key: 'proxy_file', isSecret: true },
    { key: 'secret_file', isSecret: true },
    { key: 'token_file', isSecret: true },
    { key: 'url_file', isSecret: true },
  ],
  problems: (settings) => [...addressProblems(settings), ...shapeProblems(settings)],
};

type KeyProblem = { key: string; message: string };

function addressProblems({ url, url_file, shape }: WebhookSink): KeyProblem[] {
  if (url === undefined && url_file === undefined && SHAPES[shape].address === undefined)
    return [{ key: 'url', message: 'is missing, and so is "url_file"' }];
  if (shape === 'ntfy' && url !== undefined && !/^https?:\/\/[^/]+\/[\w-]{1,64}\/?$/.test(url))
    return [{ key: 'url', message: 'must be the address of a topic, for example "https://ntfy.sh/TOPIC"' }];
  return [];
}

/** What a key holds, for the error about a missing one. */
const HOLDS: Record<string, string> = {
  secret_file: 'a file with the routing key',
  token_file: 'a file with the token',
  chat_id: 'the id of a chat',
  room: 'the id of a room',
};

function shapeProblems(settings: WebhookSink): KeyProblem[] {
  const { shape } = settings;
  const { needs = [], takes = [] } = SHAPES[shape];
  return [
    ...needs
      .filter((key) => settings[key] === undefined)
      .map((key) => ({ key, message: `is missing: the shape "${shape}" needs ${HOLDS[key]}` })),
    ...SHAPE_KEYS.filter((key) => settings[key] !== undefined && ![...needs, ...takes].includes(key)).map((key) => ({
      key,
      message: `does not apply to the shape "${shape}"`,
    })),
  ];
}
