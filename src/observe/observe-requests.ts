import type { ObservedCertificate } from '../domain/model/inventory.ts';
import type { SigningRequest } from '../domain/model/signing-request.ts';
import { readRequests } from '../host/request-files.ts';
import type { Root } from '../host/root.ts';

/** Requests whose answer is not on the node yet. */
export async function observeRequests(root: Root, certificates: ObservedCertificate[]): Promise<SigningRequest[]> {
  const there = new Set(certificates.map(({ certificate }) => certificate.publicKey));
  return (await readRequests(root)).filter(({ publicKey }) => !there.has(publicKey));
}
