import type { Inventory, Neighbour, ObservedCertificate } from '../model/inventory.ts';
import { filesOf } from './expectations.ts';

/** A neighbour, and those of its mounts that are a renewed file or its directory. */
export type AffectedNeighbour = Neighbour & { used: string[] };

/**
 * Static pods besides the control plane's that mount a renewed file, or its directory: their containers keep what they have
 * read.
 */
export function neighboursOf(
  { preconditions }: Pick<Inventory, 'preconditions'>,
  renewed: ObservedCertificate[],
): AffectedNeighbour[] {
  const files = filesOf(renewed);
  return (preconditions.neighbours ?? []).flatMap((neighbour) => {
    const used = neighbour.mounts.filter((mount) => files.some((file) => isOrHolds(mount, file)));
    return used.length === 0 ? [] : [{ ...neighbour, used }];
  });
}

/** A pod that mounts more than that directory (a node's whole file system) is no user of certificates. */
export function isOrHolds(mount: string, file: string): boolean {
  const path = mount.replace(/\/+$/, '');
  return path === file || path === file.slice(0, file.lastIndexOf('/'));
}
