import type { BlockerCase, BlockerCheck } from '../decide/blocker-check.ts';
import type { ObservedCertificate } from '../model/inventory.ts';

/**
 * What a renewal would cut from a file: kubeadm writes one certificate, whatever was behind it (v1.36 without a word, v1.22
 * refuses instead), and one CA into a kubeconfig.
 */
export const cutBlockers: BlockerCheck[] = [
  {
    code: 'CHAIN_IN_FILE',
    find: (known) =>
      filesWithMore(known, (place) => !isCaEntry(place)).map(({ path, count }) => ({
        why: `${path} holds a chain of ${count} certificates, and kubeadm would leave only the first`,
        remedy: `Where nothing needs the chain, remove all but the first certificate from ${path}; else renew this file by hand, with its chain.`,
      })),
  },
  {
    code: 'SEVERAL_CAS_IN_KUBECONFIG',
    find: (known) =>
      filesWithMore(known, isCaEntry).map(({ path, count }) => ({
        why: `${path} holds ${count} CAs (certificate-authority-data), and kubeadm would leave only the one in ca.crt`,
        remedy: `Finish the rotation of the CA, then leave only the new CA in ${path}; or renew this file by hand.`,
      })),
  },
];

type Place = ObservedCertificate['place'];

const isCaEntry = (place: Place): boolean => place.kind === 'kubeconfig' && place.entry === 'cluster';

/** Each file that kubeadm would write and that holds several certificates of a kind in one place. `count`: of that kind. */
function filesWithMore(
  { inventory, ids }: BlockerCase,
  isOfKind: (place: Place) => boolean,
): { path: string; count: number }[] {
  const written = inventory.certificates.filter(({ id, owner }) => owner === 'kubeadm' && ids.includes(id));
  return [...new Set(written.map(({ place }) => place.path))].flatMap((path) => {
    const members = inventory.certificates.filter(({ place }) => place.path === path && isOfKind(place));
    return members.every(({ place }) => place.index === 0) ? [] : [{ path, count: members.length }];
  });
}
