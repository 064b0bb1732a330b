import type { ServedExpectation } from '../../model/expectation.ts';
import type { StepRule } from './step-rule.ts';

export type VerifyServedStep = { kind: 'verify-served'; endpoints: ServedExpectation[]; limit: number };

export const verifyServed: StepRule<VerifyServedStep> = {
  describe: ({ endpoints }) => `verify what ${endpointNames(endpoints)} serve${endpoints.length === 1 ? 's' : ''}`,
  onFailure: 'roll-back',
  changes: 'nothing',
};

export function endpointNames(endpoints: ServedExpectation[]): string {
  return endpoints.map(({ name, port }) => `${name} (${port})`).join(', ');
}
