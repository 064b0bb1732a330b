import type { Dispatch, Notification } from '../../domain/alerts/alert.ts';
import { worstOf } from '../../domain/alerts/severity.ts';
import { cut } from '../escape.ts';
import { factRows } from '../fact-rows.ts';
import { headline, label, origin, remarks, since, whatToDo } from '../labels.ts';
import { runbookOf } from '../runbook.ts';

export type Kind = 'critical' | 'warning' | 'info' | 'cleared';

/** One alert of a message for people. Empty texts are left out. */
export type Piece = {
  kind: Kind;
  label: string;
  text: string;
  since: string;
  todo: string;
  runbook: string;
  rows: { name: string; value: string }[];
  /** "and 4 more" rows. */
  more: string;
};

/** A dispatch as chat services show it. Nothing in it is escaped. */
export type Digest = { kind: Kind; title: string; origin: string; pieces: Piece[]; remarks: string[] };

type Degree = { alerts: number; rows: number; length: number };

/** From everything to the least that is still a message. */
const DEGREES: Degree[] = [
  { alerts: 40, rows: 20, length: 1_500 },
  { alerts: 40, rows: 8, length: 1_000 },
  { alerts: 40, rows: 3, length: 500 },
  { alerts: 40, rows: 0, length: 500 },
  { alerts: 10, rows: 0, length: 300 },
  { alerts: 4, rows: 0, length: 200 },
  { alerts: 1, rows: 0, length: 200 },
];

/**
 * The message with as many rows and alerts as the service takes: worst first, so what is left out matters least, and the
 * message names how many were. `render` may return what does not fit when not even the shortest does.
 */
export function fitting<Rendered>(
  dispatch: Dispatch,
  render: (digest: Digest) => Rendered,
  fits: (rendered: Rendered) => boolean,
): Rendered {
  for (const degree of DEGREES.slice(0, -1)) {
    const rendered = render(digestOf(dispatch, degree));
    if (fits(rendered)) return rendered;
  }
  return render(digestOf(dispatch, DEGREES.at(-1)!));
}

/** The whole message as lines of plain text, without its title. */
export function plainText(
  { origin, pieces, remarks }: Digest,
  decorate: (piece: Piece) => Piece = (same) => same,
): string {
  return [origin, ...pieces.map((piece) => pieceLines(decorate(piece)).join('\n')), ...remarks].join('\n\n');
}

/** The lines of one alert, without the empty ones. */
export function pieceLines({ label, text, since, todo, runbook, rows, more }: Piece): string[] {
  return [
    `${label}: ${text}`,
    since,
    todo,
    ...rows.map(({ name, value }) => `• ${name}: ${value}`),
    more === '' ? '' : `• ${more}`,
    runbook === '' ? '' : `Runbook: ${runbook}`,
  ].filter((line) => line !== '');
}

/** A message for a phone, as long as it `fits`: plain text, and the first runbook that can be opened there. */
export function pushMessage(dispatch: Dispatch, fits: (message: string) => boolean) {
  return fitting(
    dispatch,
    (digest) => ({
      kind: digest.kind,
      title: digest.title,
      message: plainText(digest),
      click: digest.pieces.map(({ runbook }) => runbook).find(isAddress),
    }),
    ({ message }) => fits(message),
  );
}

/** Whether a runbook is an address, and not a path of the node. */
export const isAddress = (runbook: string): boolean => /^https?:\/\//.test(runbook);

function digestOf(dispatch: Dispatch, degree: Degree): Digest {
  const { notifications } = dispatch;
  const active = notifications.filter(({ status }) => status !== 'cleared');
  const left = notifications.length - degree.alerts;
  return {
    kind: active.length === 0 ? 'cleared' : worstOf(...active.map(({ alert }) => alert.severity)),
    title: headline(dispatch),
    origin: cut(origin(dispatch), 300),
    pieces: notifications.slice(0, degree.alerts).map((each) => pieceOf(each, dispatch, degree)),
    remarks: [...(left > 0 ? [`And ${left} more: certagent status shows them.`] : []), ...remarks(dispatch)],
  };
}

/** Longer than any address that people type, and shorter than what would leave no room for the alert. */
const LONGEST_RUNBOOK = 500;

function pieceOf(notification: Notification, dispatch: Dispatch, { rows: most, length }: Degree): Piece {
  const { alert, status } = notification;
  const rows = factRows(notification);
  const runbook = status === 'cleared' ? '' : runbookOf(dispatch, alert);
  return {
    kind: status === 'cleared' ? 'cleared' : alert.severity,
    label: label(notification),
    text: cut(alert.text, length),
    since: since(notification, dispatch),
    todo: cut(whatToDo(notification), length),
    runbook: runbook.length > LONGEST_RUNBOOK ? '' : runbook,
    rows: rows.slice(0, most).map(({ name, value, members }) => ({
      name: cut(name, 200),
      value: cut(members.length === 0 ? value : `${value} (${members.join(', ')})`, length),
    })),
    more: rows.length > most ? `and ${rows.length - most} more` : '',
  };
}
