import type { Dispatch } from '../../domain/alerts/alert.ts';
import { type Kind, pushMessage } from './digest.ts';
import type { Format } from './format.ts';

export const gotify: Format = {
  placesToken: true,
  requests: ({ dispatch, url, token }) => [
    { url: messagesOf(url), headers: { 'x-gotify-key': token }, body: gotifyBody(dispatch) },
  ],
};

/** Characters: Gotify names no limit, and nobody reads more on a phone. */
const LIMIT = 8_000;

/** Its clients make a sound from 4 on, and stay on the screen from 8 on. */
const PRIORITIES: Record<Kind, number> = { critical: 8, warning: 5, info: 2, cleared: 2 };

function gotifyBody(dispatch: Dispatch): string {
  const { kind, title, message, click } = pushMessage(dispatch, (message) => message.length <= LIMIT);
  return JSON.stringify({
    title,
    message,
    priority: PRIORITIES[kind],
    extras: {
      // Not Markdown: names on the node are text.
      'client::display': { contentType: 'text/plain' },
      ...(click === undefined ? {} : { 'client::notification': { click: { url: click } } }),
    },
  });
}

/** The address of the server, which can lie below a path, or already that of its messages. */
function messagesOf(url: URL): URL {
  const at = new URL(url);
  at.pathname = `${at.pathname.replace(/\/+$/, '').replace(/\/message$/, '')}/message`;
  return at;
}
