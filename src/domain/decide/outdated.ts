import { rulesOfNode } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { isOrHolds } from '../plan/neighbours.ts';
import { SECOND } from '../time/duration.ts';
import { isToolOwned } from './ownership.ts';

/** What runs (a component, or another static pod) since when, and the file that it cannot have loaded as it is now. */
export type Outdated = { name: string; startedAt: Instant; file: ObservedCertificate };

type Known = Pick<Inventory, 'node' | 'certificates' | 'preconditions'>;

/** The start of a process is known to a hundredth of a second, but the clock may have been set by a little since. */
const TOLERANCE = 2 * SECOND;

/**
 * Components that started before a file of theirs was written, of the files that they read at their start only (what
 * servers show is compared at their ports instead); and other static pods that mount a file that was written since.
 */
export function outdated(known: Known): Outdated[] {
  return [...components(known), ...neighbours(known)].filter(
    ({ startedAt, file }) => file.file.modifiedAt > startedAt + TOLERANCE,
  );
}

function components({ node, certificates, preconditions }: Known): Outdated[] {
  const readAtStart = rulesOfNode(node)?.readAtStart(preconditions) ?? [];
  return certificates
    .filter(({ id }) => readAtStart.includes(id))
    .flatMap((file) => {
      const component = preconditions.components.find(({ name }) => name === file.component);
      if (component === undefined || component.startedAt === null) return [];
      return [{ name: component.name, startedAt: component.startedAt, file }];
    });
}

function neighbours({ certificates, preconditions }: Known): Outdated[] {
  return (preconditions.neighbours ?? []).flatMap(({ pod, mounts, startedAt }) => {
    if (startedAt === null) return [];
    const used = certificates.filter(
      (file) =>
        isToolOwned(file) && file.place.index === 0 && mounts.some((mount) => isOrHolds(mount, file.place.path)),
    );
    return used.map((file) => ({ name: pod, startedAt, file }));
  });
}
