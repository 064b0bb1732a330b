import type { Step } from '../model/plan.ts';
import { additionTo } from '../names/added-names.ts';
import { shownSan } from '../names/san.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation } from '../plan/expectations.ts';

type Renewing = Pick<Draft, 'inventory' | 'settings' | 'renewed'>;

/** Before the API server's certificate is renewed: made with the names that it lacks, where the operator wants that. */
export function namesSteps({ inventory, settings, renewed }: Renewing): Step[] {
  const addition = additionOf({ inventory, settings, renewed });
  if (addition === null || addition.why !== null) return [];
  const { observed, config, version, node, advertiseAddress, serviceRange, added } = addition;
  const { old, ...expect } = expectation(observed, inventory);
  return [
    {
      kind: 'add-names',
      ...{ config, version, node, advertiseAddress, serviceRange },
      certificatesDir: inventory.node.paths.certificatesDir,
      names: added,
      expect: { ...expect, old: { ...old!, sans: [...old!.sans, ...added] } },
      limit: settings.limits.kubeadm,
    },
  ];
}

/** Why the plan does not add what the operator wants to have added. */
export function namesWarnings(draft: Renewing): string[] {
  const addition = additionOf(draft);
  if (addition === null || addition.why === null) return [];
  const { observed, missing, why } = addition;
  return [`renew.sans cannot add ${missing.map(shownSan).join(', ')} to ${observed.place.path}: ${why}.`];
}

function additionOf({ inventory, settings, renewed }: Renewing): ReturnType<typeof additionTo> {
  const addition = settings.sans ? additionTo(inventory) : null;
  return renewed.some(({ id }) => id === addition?.observed.id) ? addition : null;
}
