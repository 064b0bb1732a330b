import type { ObservedCertificate, Preconditions } from '../../domain/model/inventory.ts';
import type { SourceRead } from '../source.ts';

/** Keys of the CAs that sign kubeadm's leaves on this node. */
export function kubeadmCaKeys(reads: SourceRead[], certificates: ObservedCertificate[]): Preconditions['caKeys'] {
  const signing = new Set(
    reads.flatMap(({ source }) => (source.owner === 'kubeadm' || source.owner === 'external-ca' ? [source.ca] : [])),
  );
  return reads.flatMap(({ source }) => {
    if (!signing.has(source.id) || source.key === null) return [];
    const key = certificates.find(({ id }) => id === source.id)?.key;
    return [{ ca: source.id, path: source.key.path, state: stateOf(key) }];
  });
}

function stateOf(key: ObservedCertificate['key'] | undefined): Preconditions['caKeys'][number]['state'] {
  if (key === undefined || key.state === 'unreadable') return 'unreadable';
  if (key.state === 'matches') return 'present';
  return key.state === 'differs' ? 'differs' : 'missing';
}
