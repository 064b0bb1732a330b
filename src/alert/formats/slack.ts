import type { Dispatch } from '../../domain/alerts/alert.ts';
import { escapeAngles } from '../../domain/text/html.ts';
import { cutEscaped } from '../escape.ts';
import { type Digest, fitting, isAddress, type Piece } from './digest.ts';
import type { Format } from './format.ts';

export const slack: Format = { requests: ({ dispatch, url }) => [{ url, body: slackBody(dispatch) }] };

/** Slack's documented limits: characters of a header and of a section, and blocks of a message. */
const HEADER = 150;
const SECTION = 3_000;
const BLOCKS = 50;
const ROW = 600;
/** All blocks together: not documented; users measured a refusal ("msg_blocks_too_long") from about 13,200 characters on. */
const WHOLE = 12_000;

/** Blocks of Slack; `text` is what its notifications show. */
function slackBody(dispatch: Dispatch): string {
  return fitting(
    dispatch,
    (digest) => JSON.stringify({ text: escapeAngles(digest.title), blocks: blocksOf(digest) }),
    (body) => body.length <= WHOLE && JSON.parse(body).blocks.length <= BLOCKS,
  );
}

function blocksOf({ title, origin, pieces, remarks }: Digest): object[] {
  return [
    { type: 'header', text: { type: 'plain_text', text: cutEscaped(title, escapeAngles, HEADER), emoji: false } },
    context([escapeAngles(origin)]),
    ...pieces.flatMap((piece) => [section(lines(piece)), ...facts(piece), { type: 'divider' }]),
    ...(remarks.length === 0 ? [] : [context(remarks)]),
  ];
}

/** The severity, what is so, and what to do. */
function lines({ label, text, since, todo, runbook }: Piece): string[] {
  const shown = cutEscaped(text, escapeAngles, SECTION / 3);
  return [
    `*${label}* ${shown}${since === '' ? '' : ` (${since})`}`,
    cutEscaped(todo, escapeAngles, SECTION / 3),
    runbookLine(runbook),
  ];
}

function facts({ rows, more }: Piece): object[] {
  const listed = [
    ...rows.map(({ name, value }) => `• *${escapeAngles(name)}*: ${cutEscaped(value, escapeAngles, ROW)}`),
    more,
  ];
  const fits = listed.filter((_, index) => listed.slice(0, index + 1).join('\n').length <= SECTION);
  return fits.join('') === '' ? [] : [section(fits)];
}

const section = (lines: string[]) => ({ type: 'section', text: markdown(lines) });
const context = (lines: string[]) => ({ type: 'context', elements: [markdown(lines)] });

/** "verbatim": nothing in the text becomes a mention or a link of Slack's own accord. */
const markdown = (lines: string[]) => ({
  type: 'mrkdwn',
  text: lines.filter((line) => line !== '').join('\n'),
  verbatim: true,
});

/** A link where it is an address; "|" and ">" end an address in Slack's notation. */
function runbookLine(runbook: string): string {
  const shown = escapeAngles(runbook);
  const line = isAddress(runbook)
    ? `<${shown.replaceAll('&gt;', '%3E').replaceAll('|', '%7C')}|Runbook>`
    : `Runbook: ${shown}`;
  return runbook === '' || line.length > SECTION / 4 ? '' : line;
}
