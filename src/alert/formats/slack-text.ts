import type { Dispatch } from '../../domain/alerts/alert.ts';
import { escapeAngles } from '../../domain/text/html.ts';
import { cutEscaped } from '../escape.ts';
import { fitting, plainText } from './digest.ts';
import type { Format } from './format.ts';

export const slackText: Format = { requests: ({ dispatch, url }) => [{ url, body: slackTextBody(dispatch) }] };

/** The least of the limits of the services that take this body: Discord's. Google Chat takes 4,096, Mattermost 16,383. */
const LIMIT = 2_000;

/**
 * Slack's oldest and shortest body, which many services take: Mattermost, Rocket.Chat, Google Chat, and Discord below "/slack".
 * Some refuse a body with anything else in it.
 */
function slackTextBody(dispatch: Dispatch): string {
  const text = fitting(
    dispatch,
    (digest) => `${digest.title}\n\n${plainText(digest)}`,
    (whole) => escaped(whole).length <= LIMIT,
  );
  return JSON.stringify({ text: cutEscaped(text, escaped, LIMIT) });
}

/** A name on the node must not call everybody: these services find mentions in plain text. */
const escaped = (text: string): string =>
  escapeAngles(text).replace(/@(?=(?:all|channel|everyone|here)\b)/gi, '@\u200b');
