import type { Decisions } from '../model/decision.ts';
import type { Hook, HookEvent } from '../model/hook.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { Step } from '../model/plan.ts';
import { filesOf } from './expectations.ts';

type Hooked = {
  inventory: Pick<Inventory, 'hooks' | 'node'>;
  decisions: Pick<Decisions, 'certificates'>;
  renewed: ObservedCertificate[];
};

/** The steps of a renewal with the node's hooks around them. */
export function withHooks(hooked: Hooked, steps: Step[]): Step[] {
  return [...hookSteps(hooked, 'before'), ...steps, ...hookSteps(hooked, 'renewed'), ...hookSteps(hooked, 'failed')];
}

function hookSteps({ inventory, decisions, renewed }: Hooked, event: HookEvent): Step[] {
  const hooks = inventory.hooks?.hooks ?? [];
  return hooks.flatMap((hook): Step[] => {
    if (hook.on !== event) return [];
    const concerned = concernedBy(hook, renewed);
    if (hook.certificates.length > 0 && concerned.length === 0) return [];
    const { on, command, user, limit } = hook;
    const certificates = concerned.map(({ id }) => id);
    const isRequired = on === 'before' && !isUrgent(renewed, decisions);
    const files = filesOf(concerned);
    return [{ kind: 'run-hook', on, command, user, limit, node: inventory.node.name, certificates, files, isRequired }];
  });
}

function concernedBy({ certificates }: Hook, renewed: ObservedCertificate[]): ObservedCertificate[] {
  return certificates.length === 0 ? renewed : renewed.filter(({ id }) => certificates.includes(id));
}

/** Then no hook holds the renewal up: an expired certificate is worse than what it would have prevented. */
function isUrgent(renewed: ObservedCertificate[], { certificates }: Hooked['decisions']): boolean {
  const ids = renewed.map(({ id }) => id);
  return certificates.some(({ id, nearness }) => ids.includes(id) && (nearness === 'urgent' || nearness === 'expired'));
}
