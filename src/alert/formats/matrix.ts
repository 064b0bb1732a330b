import type { Dispatch } from '../../domain/alerts/alert.ts';
import { escapeHtml } from '../../domain/text/html.ts';
import { type Digest, fitting, isAddress, type Piece, plainText } from './digest.ts';
import type { Format } from './format.ts';

export const matrix: Format = {
  requests({ dispatch, url, settings }) {
    const at = new URL(url);
    const room = encodeURIComponent(settings.room ?? '');
    // The id is the same at every try: the server drops what it already has.
    const transaction = encodeURIComponent(dispatch.id);
    const base = at.pathname.replace(/\/+$/, '');
    at.pathname = `${base}/_matrix/client/v3/rooms/${room}/send/m.room.message/${transaction}`;
    return [{ url: at, method: 'PUT', body: matrixBody(dispatch) }];
  },
};

/** Bytes: an event may have 65,536, with what servers add to it. */
const LIMIT = 50_000;

function matrixBody(dispatch: Dispatch): string {
  return fitting(
    dispatch,
    (digest) =>
      JSON.stringify({
        msgtype: 'm.text',
        body: `${digest.title}\n\n${plainText(digest)}`,
        format: 'org.matrix.custom.html',
        formatted_body: markup(digest),
        // Nobody is mentioned, whatever a name on the node looks like.
        'm.mentions': {},
      }),
    (body) => Buffer.byteLength(body) <= LIMIT,
  );
}

function markup({ title, origin, pieces, remarks }: Digest): string {
  return [
    `<p><strong>${escapeHtml(title)}</strong><br>${escapeHtml(origin)}</p>`,
    ...pieces.map(alertMarkup),
    ...remarks.map((remark) => `<p><strong>${escapeHtml(remark)}</strong></p>`),
  ].join('');
}

function alertMarkup({ label, text, since, todo, runbook, rows, more }: Piece): string {
  const lines = [
    `<strong>${label}</strong> ${escapeHtml(text)}${since === '' ? '' : ` (${since})`}`,
    escapeHtml(todo),
    runbook === ''
      ? ''
      : isAddress(runbook)
        ? `<a href="${escapeHtml(runbook)}">Runbook</a>`
        : `Runbook: ${escapeHtml(runbook)}`,
  ].filter((line) => line !== '');
  const listed = [
    ...rows.map(({ name, value }) => `<li><strong>${escapeHtml(name)}</strong>: ${escapeHtml(value)}</li>`),
    more === '' ? '' : `<li>${more}</li>`,
  ].join('');
  return `<p>${lines.join('<br>')}</p>${listed === '' ? '' : `<ul>${listed}</ul>`}`;
}
