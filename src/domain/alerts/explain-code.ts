import { REASONS, type ReasonCode } from '../decide/reasons.ts';
import { ERRORS, errorKind } from '../model/error-codes.ts';
import type { ErrorKind } from '../model/error-kind.ts';
import { EXPLAIN_SCHEMA } from '../model/explanation.ts';
import { ALERTS, type AlertCode, CODES, INSTALLED_RUNBOOKS } from './catalogue.ts';
import type { AlertKind } from './kind.ts';

/** What `certagent explain CODE -o json` prints. A code can be that of an alert, of a reason and of an error at once. */
export type CodeExplanation = {
  schema: typeof EXPLAIN_SCHEMA;
  code: string;
  alert: (Pick<AlertKind, 'category' | 'meaning' | 'severity' | 'at' | 'remedy'> & { runbook: string }) | null;
  /** Of a decision: why a certificate is not simply kept, or what forbids a renewal. */
  reason: { meaning: string } | null;
  error: ErrorKind | null;
};

/** What a code means and what to do; null: certagent has no such code. */
export function explainCode(code: string): CodeExplanation | null {
  const alert = Object.hasOwn(ALERTS, code) ? ALERTS[code as AlertCode] : null;
  const reason = Object.hasOwn(REASONS, code) ? { meaning: REASONS[code as ReasonCode] } : null;
  const error = errorKind(code) ?? null;
  if (alert === null && reason === null && error === null) return null;
  return { schema: EXPLAIN_SCHEMA, code, alert: alert === null ? null : ofAlert(alert, code), reason, error };
}

function ofAlert({ category, meaning, severity, at, remedy }: AlertKind, code: string): CodeExplanation['alert'] {
  const when = at === undefined ? {} : { at };
  return { category, meaning, severity, ...when, remedy, runbook: `${INSTALLED_RUNBOOKS}/${code}.md` };
}

/** Every code that can be explained. */
export const EXPLAINED: readonly string[] = [...new Set([...CODES, ...Object.keys(REASONS), ...Object.keys(ERRORS)])];
