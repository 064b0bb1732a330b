import type { Verdict } from '../model/decision.ts';
import type { Case, CertificateCheck } from './certificate-check.ts';
import { othersChecks } from './others-checks.ts';
import { ownChecks } from './own-checks.ts';

/** The rules on one certificate. Their order is the rule: the first check that finds something has the last word. */
export const certificateChecks: CertificateCheck[] = [...othersChecks, ...ownChecks];

/** The verdict on one certificate: that of the first check that finds something, else to keep it. */
export function verdictOn(known: Case): Verdict {
  for (const { code, verdict } of certificateChecks) {
    const found = verdict(known);
    if (found !== null) return found.kind === 'keep' ? (found as Verdict) : ({ ...found, code } as Verdict);
  }
  return { kind: 'keep', until: known.window.opensAt };
}
