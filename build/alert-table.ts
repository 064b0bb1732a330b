import { ALERTS, type AlertCode, CODES } from '../src/domain/alerts/catalogue.ts';
import { CATEGORIES } from '../src/domain/alerts/kind.ts';
import { formatDuration } from '../src/domain/time/duration.ts';

/** What people read of each category, in this order. */
const TITLES: Record<(typeof CATEGORIES)[number], string> = {
  expiry: 'Expiry',
  renewal: 'Renewal',
  files: 'Files',
  servers: 'Servers',
  certagent: 'certagent itself',
  event: 'Events: sent once, and never active',
};

export type AlertGroup = { title: string; codes: AlertCode[] };

export function alertGroups(): AlertGroup[] {
  return CATEGORIES.map((category) => ({
    title: TITLES[category],
    codes: CODES.filter((code) => ALERTS[code].category === category),
  }));
}

/** "warning; critical within 7 days of expiry" */
export function severityText(code: AlertCode): string {
  const { severity, at = {} } = ALERTS[code];
  return [severity, ...Object.entries(at).map(([other, when]) => `${other} ${when}`)].join('; ');
}

/** When it is sent; empty: at once. */
export function waitingText(code: AlertCode): string {
  const kind = ALERTS[code];
  if (!('holdOff' in kind) || kind.holdOff === undefined) return '';
  return `Sent when it has persisted for ${formatDuration(kind.holdOff)}.`;
}

/** Which alerts explain it; empty: none. */
export function explainedText(code: AlertCode): string {
  const kind = ALERTS[code];
  const by = 'explainedBy' in kind ? (kind.explainedBy ?? []) : [];
  return by.length === 0 ? '' : `Not sent while explained by ${by.join(' or ')}.`;
}

/** The table of docs/alerts.md. */
export function alertTable(): string {
  const rows = alertGroups().flatMap(({ title, codes }) => [
    `| **${title}** | | |`,
    ...codes.map((code) => {
      const meaning = [ALERTS[code].meaning, waitingText(code)].filter((text) => text !== '').join(' ');
      return `| [${code}](alerts/${code}.md) | ${severityText(code)} | ${meaning} |`;
    }),
  ]);
  return ['| code | severity | meaning |', '|---|---|---|', ...rows].join('\n');
}
