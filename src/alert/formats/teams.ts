import type { Dispatch } from '../../domain/alerts/alert.ts';
import { type Digest, fitting, isAddress, type Kind, type Piece } from './digest.ts';
import type { Format } from './format.ts';

export const teams: Format = { requests: ({ dispatch, url }) => [{ url, body: teamsBody(dispatch) }] };

/** Bytes. Microsoft documents 28 KB for a message. */
const LIMIT = 25_000;

const STYLES: Record<Kind, string> = { critical: 'attention', warning: 'warning', info: 'accent', cleared: 'good' };

/** An Adaptive Card, for a workflow of Teams ("When a Teams webhook request is received") or a webhook of a channel. */
function teamsBody(dispatch: Dispatch): string {
  return fitting(
    dispatch,
    (digest) => JSON.stringify(messageOf(digest)),
    (body) => Buffer.byteLength(body) <= LIMIT,
  );
}

function messageOf(digest: Digest): object {
  const { title, origin, pieces, remarks } = digest;
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    fallbackText: title,
    msteams: { width: 'Full' },
    body: [
      paragraph([{ text: title, weight: 'Bolder', size: 'Medium' }]),
      paragraph([{ text: origin, isSubtle: true }]),
      ...pieces.map(container),
      ...remarks.map((remark) => paragraph([{ text: remark, weight: 'Bolder' }])),
    ],
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', summary: title, attachments: [attachment] };
}

function container({ kind, label, text, since, todo, runbook, rows, more }: Piece): object {
  return {
    type: 'Container',
    style: STYLES[kind],
    spacing: 'Medium',
    items: [
      paragraph([{ text: `${label} `, weight: 'Bolder' }, { text }, ...optional(since, ` (${since})`)]),
      ...(todo === '' ? [] : [paragraph([{ text: todo }])]),
      ...rows.map(({ name, value }) => paragraph([{ text: `${name}: `, weight: 'Bolder' }, { text: value }])),
      ...(more === '' ? [] : [paragraph([{ text: more, isSubtle: true }])]),
      ...(runbook === '' ? [] : [runbookOf(runbook)]),
    ],
  };
}

function runbookOf(runbook: string): object {
  if (!isAddress(runbook)) return paragraph([{ text: `Runbook: ${runbook}`, isSubtle: true }]);
  return { type: 'ActionSet', actions: [{ type: 'Action.OpenUrl', title: 'Runbook', url: runbook }] };
}

type Run = { text: string; weight?: 'Bolder'; size?: 'Medium'; isSubtle?: true };

const optional = (given: string, text: string): Run[] => (given === '' ? [] : [{ text, isSubtle: true }]);

/** Not a TextBlock, which is Markdown: a name on the node could make a link in it. */
const paragraph = (runs: Run[]): object => ({
  type: 'RichTextBlock',
  inlines: runs.map((run) => ({ type: 'TextRun', ...run })),
});
