// The certificate a component serves: loaded from its files, refused when the key is another's, and, when a fault says
// so, the one it served before.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFaults, readNodeRecord } from '../options.ts';

export type Pair = { cert: string; key: string };

/** Reads a pair. Throws when a file is unreadable, holds no PEM, or the private key does not match the certificate. */
export function readPair(certificateFile: string, keyFile: string): Pair {
  const [cert, key] = [readFileSync(certificateFile, 'utf8'), readFileSync(keyFile, 'utf8')];
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error('tls: private key does not match public key');
  }
  return { cert, key };
}

/** The pair that `component` serves now in its `slot`: that of the files, unless the fault holds it at the last one. */
export function servedPair(
  root: string,
  component: string,
  slot: string,
  files: { certificate: string; key: string },
): Pair {
  const kept = join(root, 'run/demo/served', `${component}-${slot}`);
  if (readFaults(root).servesStale.includes(component)) {
    try {
      return readPair(`${kept}.crt`, `${kept}.key`);
    } catch {
      // It served nothing before: then the files are what it begins with.
    }
  }
  const pair = readPair(files.certificate, files.key);
  mkdirSync(join(root, 'run/demo/served'), { recursive: true });
  writeFileSync(`${kept}.crt`, pair.cert);
  writeFileSync(`${kept}.key`, pair.key, { mode: 0o600 });
  return pair;
}

/** Exits at once when a fault says that this component does not start, with this certificate or at all. */
export function endIfFaulty(root: string, component: string, certificatePem: string): void {
  const faults = readFaults(root);
  const renewed = () =>
    new X509Certificate(certificatePem).validToDate.getTime() > readNodeRecord(root).leafEnds + 1_000;
  if (faults.neverComesBack.includes(component) || (faults.rejectsRenewed.includes(component) && renewed())) {
    process.stderr.write(`${component}: exits at once, as the node's faults demand\n`);
    process.exit(1);
  }
}

/** Command line flags as `--name=value`. */
export function parseFlags(words: string[]): Map<string, string> {
  return new Map(words.map((word) => word.replace(/^--/, '').split(/=(.*)/s).slice(0, 2) as [string, string]));
}

/** On SIGTERM: refuses connections at once, and exits after `linger` milliseconds. */
export function endOnTerm(linger: number, servers: { close(): unknown }[]): void {
  process.on('SIGTERM', () => {
    for (const server of servers) server.close();
    setTimeout(() => process.exit(0), linger);
  });
}
