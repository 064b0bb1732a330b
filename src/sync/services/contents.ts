import type { CertificateCopy } from '../../config/copy-keys.ts';
import { holdsPrivateKey } from '../../config/copy-keys.ts';
import type { Certificate } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { Inventory, ObservedCertificate } from '../../domain/model/inventory.ts';
import { readKey, textWith } from '../../host/leaf.ts';
import { certificateTexts } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { certificateOf, holdsKey } from '../proof.ts';

/** What the files of a copy have to hold, in the order in which they are written: the key first. */
export type Wanted = { certificate: Certificate; files: { path: string; content: string; isKey: boolean }[] };

/**
 * Reads a certificate of the node, and its key where the copy holds it. Throws CertagentError COPY_SOURCE_UNUSABLE where the
 * two do not belong together (a renewal may be writing them), and COPY_REFUSED for the key of a CA.
 */
export async function wantedFiles(root: Root, copy: CertificateCopy, inventory: Inventory): Promise<Wanted> {
  const source = sourceOf(copy, inventory);
  const withKey = holdsPrivateKey(copy);
  if (withKey) refuseAuthority(copy, source, inventory);
  const { path } = source.place;
  const chain = certificateTexts(await textWith(root, path, 'certificate'));
  const leaf = chain[source.place.kind === 'pem' ? source.place.index : 0];
  const certificate = certificateOf(leaf);
  if (leaf === undefined || certificate === null) throw unusable(`${path} holds no certificate that can be read`);
  const keyPath = source.key.state === 'not-expected' ? path : source.key.path;
  const key = withKey ? await readKey(root, keyPath) : '';
  if (withKey && !holdsKey(leaf, key))
    throw unusable(`the key in ${keyPath} does not belong to the certificate in ${path}`);
  const certificates = copy.format === 'pem' ? leaf : chain.join('');
  const main = { path: copy.to, isKey: withKey && copy.key_to === undefined };
  if (copy.key_to !== undefined)
    return {
      certificate,
      files: [
        { path: copy.key_to, content: key, isKey: true },
        { ...main, content: certificates },
      ],
    };
  const content =
    copy.format === 'key' ? key : copy.format === 'key-and-certificate' ? key + certificates : certificates;
  return { certificate, files: [{ ...main, content }] };
}

function sourceOf({ from }: CertificateCopy, { certificates }: Inventory): ObservedCertificate {
  const source = certificates.find(({ id }) => id === from);
  if (source === undefined)
    throw unusable(`this node has no certificate "${from}": use a name that certagent status shows`);
  // Whose files those are decides somebody else than root.
  if (source.owner === 'copy' || source.owner === 'operator')
    throw new CertagentError('COPY_REFUSED', `"${from}" is not one of the cluster's certificates on this node`);
  return source;
}

/** Neither by its name, nor as a leaf that has the same key. */
function refuseAuthority(
  { from }: CertificateCopy,
  { certificate }: ObservedCertificate,
  { certificates }: Inventory,
): void {
  const isAuthority = certificates.some(
    (other) =>
      other.certificate.isCa && other.owner !== 'copy' && other.certificate.publicKey === certificate.publicKey,
  );
  if (certificate.isCa || isAuthority)
    throw new CertagentError('COPY_REFUSED', `"${from}" is a CA: its private key is never copied`);
}

const unusable = (what: string) => new CertagentError('COPY_SOURCE_UNUSABLE', what);
