// The one importer of @peculiar/x509. It costs some 40 ms and 16 MiB, so nothing is loaded before the first call.
import { webcrypto } from 'node:crypto';

export type X509Package = typeof import('@peculiar/x509');

let loaded: Promise<X509Package> | undefined;

/**
 * The package, loaded at the first call and with Node's own WebCrypto set as its provider.
 * Its decorators need the Reflect polyfill, which must be there before the package is evaluated.
 */
export function loadX509(): Promise<X509Package> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<X509Package> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  // The package is typed against the DOM, which this project does not load: Node's object is the same interface.
  x509.cryptoProvider.set(webcrypto as never);
  return x509;
}
