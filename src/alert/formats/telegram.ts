import type { Dispatch } from '../../domain/alerts/alert.ts';
import { escapeAngles } from '../../domain/text/html.ts';
import { type Digest, fitting, pieceLines, plainText } from './digest.ts';
import type { Format } from './format.ts';

export const telegram: Format = {
  placesToken: true,
  requests({ dispatch, url, settings, token }) {
    // Anything else would change the path of the request.
    if (!/^\d+:[\w-]+$/.test(token)) throw new Error('its token_file does not hold the token of a Telegram bot');
    const at = new URL(url);
    at.pathname = `${at.pathname.replace(/\/+$/, '')}/bot${token}/sendMessage`;
    return [{ url: at, body: telegramBody(dispatch, settings.chat_id ?? '') }];
  },
};

/** Characters of the text after its markup is taken away. */
const LIMIT = 4_096;

function telegramBody(dispatch: Dispatch, chat: string): string {
  const { digest } = fitting(
    dispatch,
    (digest) => ({ digest, text: `${digest.title}\n\n${plainText(digest)}` }),
    ({ text }) => text.length <= LIMIT,
  );
  return JSON.stringify({
    chat_id: chat,
    text: markup(digest),
    parse_mode: 'HTML',
    link_preview_options: { is_disabled: true },
    // What needs nobody makes no sound.
    disable_notification: digest.kind === 'info' || digest.kind === 'cleared',
  });
}

function markup({ title, origin, pieces, remarks }: Digest): string {
  const bold = (text: string) => `<b>${escapeAngles(text)}</b>`;
  const alerts = pieces.map((piece) => {
    const [first = '', ...rest] = pieceLines(piece);
    return [bold(piece.label) + escapeAngles(first.slice(piece.label.length)), ...rest.map(escapeAngles)].join('\n');
  });
  return [bold(title), escapeAngles(origin), ...alerts, ...remarks.map(escapeAngles)].join('\n\n');
}
