import type { ObservedCertificate } from '../model/inventory.ts';
import type { Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';

/** How a distribution's certificates are replaced while the node runs. */
export type InPlace = {
  /**
   * Why this renewal needs a restart all the same; null: it does not. `rehearsal`: why it has none; null: it has one. It ends the
   * sentence "certagent restarts …, because …".
   */
  hindrance(draft: Draft, rehearsal: string | null): string | null;
  /** Whether the running node renews this one by itself: it is left out of the plan. */
  isLeftToNode(observed: ObservedCertificate, draft: Draft): boolean;
  /** The steps that put new certificates in place and prove that everything uses them. */
  steps(draft: Draft): Step[];
};

/** For a distribution whose agents get theirs in another way than its servers. */
export function byRole({ server, agent }: Record<'server' | 'agent', InPlace>): InPlace {
  const of = ({ inventory }: Draft) => (inventory.node.role === 'agent' ? agent : server);
  return {
    hindrance: (draft, rehearsal) => of(draft).hindrance(draft, rehearsal),
    isLeftToNode: (observed, draft) => of(draft).isLeftToNode(observed, draft),
    steps: (draft) => of(draft).steps(draft),
  };
}
