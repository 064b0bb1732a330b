import type { Config } from '../config/schema.ts';
import type { ObservedCertificate } from '../domain/model/inventory.ts';
import type { SigningMemory, SigningRequest } from '../domain/model/signing-request.ts';
import { readRequests } from '../host/request-files.ts';
import type { Root } from '../host/root.ts';
import { readSigning } from '../host/signing-memory.ts';

/** Requests whose answer is not on the node yet. */
export async function observeRequests(root: Root, certificates: ObservedCertificate[]): Promise<SigningRequest[]> {
  const there = new Set(certificates.map(({ certificate }) => certificate.publicKey));
  return (await readRequests(root)).filter(({ publicKey }) => !there.has(publicKey));
}

/** null: certagent calls no command for them. */
export async function observeSigning(
  root: Root,
  { mode, external_ca }: Partial<Pick<Config, 'mode' | 'external_ca'>>,
): Promise<SigningMemory | null> {
  const isCalled = mode === 'renew' && external_ca !== undefined && external_ca.command.length > 0;
  return isCalled ? readSigning(root) : null;
}
