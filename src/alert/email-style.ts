// The looks of an email in HTML. Each colour has a contrast of at least 4.5 to 1 on the background that it is shown on.

export type Kind = 'critical' | 'warning' | 'info' | 'cleared';

export const COLOURS: Record<Kind, string> = {
  critical: '#b00020',
  warning: '#8a5000',
  info: '#1f5fa8',
  cleared: '#1b7a36',
};
export const [PAPER, INK, QUIET, LINK, BOX] = ['#ffffff', '#222222', '#5f6368', '#1f5fa8', '#f1f3f5'];
/** The same on a dark background. */
const DARK = { critical: '#ff8a80', warning: '#ffb95c', info: '#8ab8f0', cleared: '#79d18f' };

/** Texts of others may be one long word: it is broken where the window ends, and nothing else is. */
export const ANYWHERE = 'overflow-wrap:anywhere;word-break:break-word';
/** A name is broken only where it does not fit into a line of its own: a line that ends in "client-" is hard to read. */
export const WHOLE = 'display:inline-block;max-width:100%';

/**
 * Mail programs understand little more than tables and styles on the elements themselves. Those that know dark backgrounds
 * and narrow windows read this style sheet too; the others show the light colours, with their background, and two columns.
 */
export const STYLE = [
  ':root{color-scheme:light dark}',
  '@media (max-width:520px){',
  '.facts,.facts tbody,.facts tr,.facts th,.facts td{display:block!important}.facts colgroup{display:none!important}',
  '.facts th{padding-bottom:0!important}.facts td{padding-bottom:8px!important}',
  '}',
  '@media (prefers-color-scheme:dark){',
  'body,.page{background:#1b1d20!important;color:#e4e6e8!important}',
  '.todo{background:#2b2e33!important}',
  '.quiet{color:#a5abb1!important}a{color:#8ab8f0!important}',
  ...Object.entries(DARK).flatMap(([kind, colour]) => [
    `.${kind}{border-color:${colour}!important}`,
    `.${kind} .label{color:${colour}!important}`,
  ]),
  '}',
].join('');
