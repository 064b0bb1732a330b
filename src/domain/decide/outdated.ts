import type { Instant } from '../model/certificate.ts';
import type { ComponentHealth, Inventory, ObservedCertificate } from '../model/inventory.ts';
import { SECOND } from '../time/duration.ts';

/** The process, and the file that it cannot have loaded as it is now. */
export type Outdated = { component: ComponentHealth & { startedAt: Instant }; file: ObservedCertificate };

/**
 * Read once, at the start of their component. Measured on v1.22: the kube-apiserver goes on with the kubelet client
 * certificate of its open connections, the scheduler and the controller-manager with the credentials they started with.
 * What servers show is compared at their ports instead, and etcd loads everything by itself.
 */
const READ_AT_START = ['apiserver-kubelet-client', 'controller-manager.conf', 'scheduler.conf'];

/** A start is known to a hundredth of a second, but the clock may have been set by a little since. */
const TOLERANCE = 2 * SECOND;

/** Components that run since before a file of theirs was written which they read at their start only. */
export function outdated({
  certificates,
  preconditions,
}: Pick<Inventory, 'certificates' | 'preconditions'>): Outdated[] {
  return certificates.flatMap((file) => {
    if (!READ_AT_START.includes(file.id)) return [];
    const component = preconditions.components.find(({ name }) => name === file.component);
    return component !== undefined && began(component) && file.file.modifiedAt > component.startedAt + TOLERANCE
      ? [{ component, file }]
      : [];
  });
}

const began = (component: ComponentHealth): component is Outdated['component'] => component.startedAt !== null;
