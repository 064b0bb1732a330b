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
      renewedFiles(known).flatMap(({ path, members }) => {
        const chain = members.filter(({ place }) => !isCaEntry(place));
        return chain.every(({ place }) => place.index === 0)
          ? []
          : [
              {
                why: `${path} holds a chain of ${chain.length} certificates, and kubeadm would leave only the first`,
                remedy: `Where nothing needs the chain, remove all but the first certificate from ${path}; else renew this file by hand, with its chain.`,
              },
            ];
      }),
  },
  {
    code: 'SEVERAL_CAS_IN_KUBECONFIG',
    find: (known) =>
      renewedFiles(known).flatMap(({ path, members }) => {
        const cas = members.filter(({ place }) => isCaEntry(place));
        return cas.every(({ place }) => place.index === 0)
          ? []
          : [
              {
                why: `${path} holds ${cas.length} CAs (certificate-authority-data), and kubeadm would leave only the one in ca.crt`,
                remedy: `Finish the rotation of the CA, then leave only the new CA in ${path}; or renew this file by hand.`,
              },
            ];
      }),
  },
];

type Place = ObservedCertificate['place'];

const isCaEntry = (place: Place): boolean => place.kind === 'kubeconfig' && place.entry === 'cluster';

/** Each file that kubeadm would write, with all that is in it of the same kind. */
function renewedFiles({ inventory, ids }: BlockerCase): { path: string; members: ObservedCertificate[] }[] {
  const written = inventory.certificates.filter(({ id, owner }) => owner === 'kubeadm' && ids.includes(id));
  const paths = [...new Set(written.map(({ place }) => place.path))];
  return paths.map((path) => ({ path, members: inventory.certificates.filter(({ place }) => place.path === path) }));
}
