// What each format would send, without a server.
import type { Outgoing } from '../../src/alert/formats/format.ts';
import { FORMATS } from '../../src/alert/formats/index.ts';
import { SHAPE_NAMES, type Shape } from '../../src/config/sinks/webhook-shapes.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { DAY } from '../../src/domain/time/duration.ts';

/** An address, and a token, that every format accepts. */
const URL_OF_ALL = 'https://hooks.example.org/topic';
export const BOT_TOKEN = '12345:T0PSECRET-token';

export function requestsOf(shape: Shape, dispatch: Dispatch, repeat: number = DAY): Outgoing[] {
  return FORMATS[shape].requests({
    dispatch,
    url: new URL(URL_OF_ALL),
    settings: { chat_id: '-1001', room: '!room:example.org' },
    secret: 'ROUTING-KEY',
    token: BOT_TOKEN,
    repeat,
  });
}

export const bodiesOf = (shape: Shape, dispatch: Dispatch, repeat: number = DAY): string[] =>
  requestsOf(shape, dispatch, repeat).map(({ body }) => body);

/** The bodies of every format. */
export const allBodies = (dispatch: Dispatch): string[] => SHAPE_NAMES.flatMap((shape) => bodiesOf(shape, dispatch));
