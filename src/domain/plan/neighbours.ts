import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { filesOf } from './expectations.ts';

/**
 * Static pods besides the control plane's that mount a renewed file, or a directory above it, in words for a person: a
 * container keeps what it has read, and certagent does not restart these.
 */
export function neighboursOf({ preconditions }: Inventory, renewed: ObservedCertificate[]): string[] {
  const files = filesOf(renewed);
  return (preconditions.neighbours ?? []).flatMap(({ pod, manifest, mounts }) => {
    const used = mounts.filter((mount) => files.some((file) => `${file}/`.startsWith(`${mount.replace(/\/+$/, '')}/`)));
    return used.length === 0 ? [] : [`${pod} (${manifest}), which mounts ${used.join(', ')}`];
  });
}
