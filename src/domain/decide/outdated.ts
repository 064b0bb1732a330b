import { rulesOfNode } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { ComponentHealth, Inventory, ObservedCertificate } from '../model/inventory.ts';
import { SECOND } from '../time/duration.ts';

/** The process, and the file that it cannot have loaded as it is now. */
export type Outdated = { component: ComponentHealth & { startedAt: Instant }; file: ObservedCertificate };

/** The start of a process is known to a hundredth of a second, but the clock may have been set by a little since. */
const TOLERANCE = 2 * SECOND;

/**
 * Components that started before a file of theirs was written, of the files that they read only at their start. What
 * servers serve is compared at their ports instead.
 */
export function outdated({
  node,
  certificates,
  preconditions,
}: Pick<Inventory, 'node' | 'certificates' | 'preconditions'>): Outdated[] {
  const readAtStart = rulesOfNode(node)?.readAtStart(preconditions) ?? [];
  return certificates.flatMap((file) => {
    if (!readAtStart.includes(file.id)) return [];
    const component = preconditions.components.find(({ name }) => name === file.component);
    return component !== undefined && began(component) && file.file.modifiedAt > component.startedAt + TOLERANCE
      ? [{ component, file }]
      : [];
  });
}

const began = (component: ComponentHealth): component is Outdated['component'] => component.startedAt !== null;
