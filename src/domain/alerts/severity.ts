export type Severity = 'info' | 'warning' | 'critical';

const RANK: Record<Severity, number> = { info: 0, warning: 1, critical: 2 };

export function isAtLeast(severity: Severity, least: Severity): boolean {
  return RANK[severity] >= RANK[least];
}

export function isWorse(severity: Severity, than: Severity): boolean {
  return RANK[severity] > RANK[than];
}

export function worstOf(...severities: (Severity | undefined)[]): Severity {
  return severities.reduce<Severity>(
    (worst, each) => (each !== undefined && isAtLeast(each, worst) ? each : worst),
    'info',
  );
}
