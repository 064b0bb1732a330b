import { rulesOfNode } from '../distributions/index.ts';
import type { Verdict } from '../model/decision.ts';
import type { NodeFacts } from '../model/inventory.ts';
import type { Case, CertificateCheck } from './certificate-check.ts';
import { othersChecks } from './others-checks.ts';
import { momentChecks, soundnessChecks } from './own-checks.ts';

/** The rules on one certificate. Their order is the rule: the first check that finds something decides. */
export function checksOf(node: Pick<NodeFacts, 'distribution'>): CertificateCheck[] {
  return [...othersChecks, ...soundnessChecks, ...(rulesOfNode(node)?.checks ?? []), ...momentChecks];
}

/** The verdict on one certificate: that of the first check that finds something, else to keep it. */
export function verdictOn(known: Case): Verdict {
  for (const { code, verdict } of checksOf(known.inventory.node)) {
    const found = verdict(known);
    if (found !== null) return found.kind === 'keep' ? (found as Verdict) : ({ ...found, code } as Verdict);
  }
  return { kind: 'keep', until: known.window.opensAt };
}
