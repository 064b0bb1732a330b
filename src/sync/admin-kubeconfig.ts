import { createHash } from 'node:crypto';
import type { Certificate } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { leadsTo } from '../host/chain.ts';
import { readSmall, readTextIfThere } from '../host/files.ts';
import { currentEntries, parseKubeconfig } from '../host/kubeconfig.ts';
import { followLinks } from '../host/links.ts';
import { certificateTexts } from '../host/pem.ts';
import type { Root } from '../host/root.ts';
import { certificateBlocks, certificateOf, holdsKey } from './proof.ts';

/** The node's own kubeconfig, from which copies are updated, and how its copies are recognised. */
export type Source = {
  /** The node's own path. */
  path: string;
  text: string;
  certificate: Certificate;
  /** base64 of PEM, on one line. */
  certificateData: string;
  keyData: string;
  /** null when the kubeconfig has no embedded CA: then copies' CAs stay as they are. */
  caData: string | null;
  cas: Ca[];
  /** PEM of the CAs that sign the cluster's client certificates. */
  clientCas: string[];
  /** Changes when anything above does. */
  fingerprint: string;
};

export type Ca = { pem: string; certificate: Certificate };

/**
 * Reads the source. Throws CertagentError COPY_SOURCE_UNUSABLE unless it is whole: its key belongs to its certificate, and
 * one of the client CAs signed that. K3s rewrites its file at each start, so it can be seen half-written.
 */
export async function readSource(root: Root, path: string, clientCaPaths: string[]): Promise<Source> {
  const { bytes } = await readSmall(await followLinks(root, path));
  const text = bytes.toString('utf8');
  const entries = currentEntries(parseKubeconfig(bytes));
  if (!entries?.user.certificate || !entries.user.key) throw unusable(path, 'holds no embedded client certificate');
  const certificateData = encode(entries.user.certificate);
  const chain = certificateBlocks(certificateData);
  const [leaf] = chain;
  const certificate = certificateOf(leaf);
  if (leaf === undefined || certificate === null)
    throw unusable(path, 'holds a client certificate that cannot be read');
  if (!holdsKey(leaf, entries.user.key)) throw unusable(path, 'holds a key that does not belong to its certificate');
  const clientCas = await readClientCas(root, clientCaPaths);
  if (!clientCas.some((ca) => leadsTo(chain, ca)))
    throw unusable(path, "holds a certificate that the cluster's client CA did not sign");
  const caData = entries.cluster.ca === null ? null : encode(entries.cluster.ca);
  return {
    path,
    text,
    certificate,
    certificateData,
    keyData: encode(entries.user.key),
    caData,
    cas: caData === null ? [] : readCas(caData),
    clientCas,
    fingerprint: createHash('sha256')
      .update([text, ...clientCas].join('\0'))
      .digest('hex'),
  };
}

/** The certificates of base64 CA data that can be read. */
export function readCas(data: string): Ca[] {
  return certificateBlocks(data).flatMap((pem) => {
    const certificate = certificateOf(pem);
    return certificate === null ? [] : [{ pem, certificate }];
  });
}

async function readClientCas(root: Root, paths: string[]): Promise<string[]> {
  const texts = await Promise.all(paths.map(async (path) => readTextIfThere(await followLinks(root, path))));
  return texts.flatMap((text) => certificateTexts(text ?? ''));
}

const encode = (pem: string) => Buffer.from(pem).toString('base64');

function unusable(path: string, what: string): CertagentError {
  return new CertagentError('COPY_SOURCE_UNUSABLE', `${path} ${what}`, {
    remedy: 'Copies stay as they are until it is repaired.',
  });
}
