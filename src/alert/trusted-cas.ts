import { rootCertificates } from 'node:tls';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { foreignPart } from '../host/trust.ts';
import { SinkError } from './sink.ts';

/** Where distributions keep the CAs that the node's operator trusts, as one file; the first that is there counts. */
const SYSTEM = [
  // Debian, Ubuntu, Alpine, Arch
  '/etc/ssl/certs/ca-certificates.crt',
  // Fedora, RHEL and their relatives
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  // SUSE
  '/etc/ssl/ca-bundle.pem',
];

/**
 * The CAs that a sink's server is believed by: those in `file` alone, or else the built-in ones and those of the node's own
 * store. They are read for every message: a CA that an operator adds needs no restart. Throws SinkError.
 */
export async function authoritiesFor(root: Root, sink: string, file: string | undefined): Promise<string[]> {
  if (file !== undefined) return [await readAuthorities(root, sink, file)];
  const system = await systemStore(root);
  return system === null ? [...rootCertificates] : [...rootCertificates, system];
}

/** What to do when no CA signed the certificate of a server: `said` is the code or the message of the error; undefined: it is something else. */
export function trustRemedy(said: string): string | undefined {
  return UNTRUSTED.test(said)
    ? "Name the CA of this server with ca_file, or add it to the node's store (Debian: /usr/local/share/ca-certificates and update-ca-certificates)."
    : undefined;
}

/** OpenSSL's words for it, as Node.js writes them. */
const UNTRUSTED =
  /UNABLE_TO_(VERIFY|GET_ISSUER)|SELF_SIGNED|unable to (verify the first|get (local )?issuer)|self.signed certificate/;

async function readAuthorities(root: Root, sink: string, path: string): Promise<string> {
  const at = await followLinks(root, path);
  const foreign = await foreignPart(at);
  if (foreign !== null) throw new SinkError(sink, `${path} is not used: ${foreign.path} ${foreign.why}`);
  const text = await readTextIfThere(at);
  if (text === null) throw new SinkError(sink, `${path} does not exist`);
  return text;
}

/** null: there is none, or somebody else than root could have written it. */
async function systemStore(root: Root): Promise<string | null> {
  for (const path of SYSTEM) {
    const at = await followLinks(root, path);
    const text = await readTextIfThere(at).catch(() => null);
    if (text !== null) return (await foreignPart(at)) === null ? text : null;
  }
  return null;
}
