import type { Dispatch } from '../../domain/alerts/alert.ts';
import { cutEscaped } from '../escape.ts';
import { type Kind, pushMessage } from './digest.ts';
import type { Format } from './format.ts';

export const ntfy: Format = {
  requests({ dispatch, url }) {
    const topic = topicOf(url);
    if (topic === null) throw new Error('its address does not end in a topic of ntfy, as https://ntfy.sh/TOPIC does');
    return [{ url: new URL('/', url), body: ntfyBody(dispatch, topic) }];
  },
};

/** Bytes of the message; ntfy makes a file of what is longer. */
const LIMIT = 4_096;

const PRIORITIES: Record<Kind, number> = { critical: 5, warning: 4, info: 3, cleared: 3 };
/** Names that ntfy shows as an emoji. */
const TAGS: Record<Kind, string> = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  cleared: 'white_check_mark',
};

/** ntfy takes JSON at its root, and then the topic in it. Its other form, text with headers, cannot carry a UTF-8 title. */
function ntfyBody(dispatch: Dispatch, topic: string): string {
  const { kind, title, message, click } = pushMessage(dispatch, (message) => Buffer.byteLength(message) <= LIMIT);
  return JSON.stringify({
    topic,
    title,
    message: cutEscaped(message, (same) => same, LIMIT, Buffer.byteLength),
    priority: PRIORITIES[kind],
    tags: [TAGS[kind], 'certagent'],
    ...(click === undefined ? {} : { click }),
  });
}

const topicOf = ({ pathname }: URL): string | null => /^\/([\w-]{1,64})\/?$/.exec(pathname)?.[1] ?? null;
