import type { Alert, Dispatch } from '../domain/alerts/alert.ts';
import { INSTALLED_RUNBOOKS } from '../domain/alerts/catalogue.ts';

/** The page about this alert for a person at the node: below the operator's own address, or a path of the node. */
export function runbookOf({ runbooks = '' }: Pick<Dispatch, 'runbooks'>, { code }: Pick<Alert, 'code'>): string {
  const base = runbooks === '' ? INSTALLED_RUNBOOKS : runbooks.replace(/\/+$/, '');
  return `${base}/${encodeURIComponent(code)}.md`;
}
