import type { Alert, Dispatch } from '../domain/alerts/alert.ts';

/** Where the packages install the pages of docs/alerts. */
const INSTALLED = '/usr/share/doc/certagent/alerts';

/** The page about this alert for a person at the node: below the operator's own address, or a path of the node. */
export function runbookOf({ runbooks = '' }: Pick<Dispatch, 'runbooks'>, { code }: Pick<Alert, 'code'>): string {
  const base = runbooks === '' ? INSTALLED : runbooks.replace(/\/+$/, '');
  return `${base}/${encodeURIComponent(code)}.md`;
}
