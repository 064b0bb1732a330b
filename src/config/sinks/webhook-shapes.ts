/** Keys of a webhook sink that only some shapes know. */
export const SHAPE_KEYS = ['secret_file', 'chat_id', 'room'] as const;
type ShapeKey = (typeof SHAPE_KEYS)[number] | 'token_file';

export type ShapeRules = {
  /** For the list in the documentation of the key. */
  what: string;
  needs?: readonly ShapeKey[];
  takes?: readonly ShapeKey[];
  /** Where it is sent unless the configuration says otherwise. */
  address?: string;
  /** Whoever knows its address can post to it. */
  isSecretAddress?: true;
};

const SIGNED = { takes: ['secret_file'] } as const;

/** Every shape of a webhook. `alert/formats/index.ts` does not compile without the format of each. */
const TABLE = {
  standard: { what: "certagent's own JSON", ...SIGNED },
  slack: { what: 'a Slack message with blocks', ...SIGNED, isSecretAddress: true },
  'slack-text': {
    what: '{"text": …} for Mattermost, Google Chat, Rocket.Chat, and Discord below /slack',
    ...SIGNED,
    isSecretAddress: true,
  },
  teams: { what: 'an Adaptive Card for a workflow of Microsoft Teams', isSecretAddress: true },
  ntfy: { what: 'a notification (the address ends in the topic)' },
  gotify: { what: 'a message (the address is that of the server)', needs: ['token_file'] },
  telegram: {
    what: 'a message of a bot',
    needs: ['token_file', 'chat_id'],
    address: 'https://api.telegram.org',
  },
  matrix: { what: 'a message to a room (the address is that of the homeserver)', needs: ['token_file', 'room'] },
  alertmanager: { what: 'Alertmanager API v2', ...SIGNED },
  pagerduty: { what: 'PagerDuty Events API v2', needs: ['secret_file'] },
} as const satisfies Record<string, ShapeRules>;

export type Shape = keyof typeof TABLE;
export const SHAPES: Readonly<Record<Shape, ShapeRules>> = TABLE;
export const SHAPE_NAMES = Object.keys(TABLE) as [Shape, ...Shape[]];
