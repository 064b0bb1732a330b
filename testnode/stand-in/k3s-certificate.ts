// `k3s certificate rotate` and `k3s certificate rotate-ca --path DIR`. Simplified: every other word is an error, and
// `rotate-ca` writes to the datastore itself where the real one asks the running server to.
import { X509Certificate } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { k3sAgentLeaves, k3sAuthorities, k3sServerLeaves } from '../k3s-certificates.ts';
import { k3sDataDirectory } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults, unitOf } from '../options.ts';
import { isStored, store } from './k3s-datastore.ts';
import { show } from './units.ts';

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export function certificate(root: string, node: NodeRecord, words: string[]): void {
  const [verb, ...options] = words;
  try {
    if (verb === 'rotate') rotate(root, node, option('data-dir', options));
    else if (verb === 'rotate-ca') rotateCa(root, node, option('path', options), options.includes('--force'));
    else throw new Error(`No help topic for '${verb ?? ''}'`);
  } catch (error) {
    process.stderr.write(`level=fatal msg="Error: ${(error as Error).message}"\n`);
    process.exitCode = 1;
  }
}

/** Copies all of server/tls, then removes the leaves; the next start makes them. */
function rotate(root: string, node: NodeRecord, dataDir: string | undefined): void {
  if (readFaults(root).k3s === 'rotate-fails') throw new Error('open server/tls: input/output error');
  const data = join(root, dataDir ?? k3sDataDirectory(node));
  const tls = join(data, 'server/tls');
  const copy = `${tls}-${Math.floor(Date.now() / 1000)}`;
  if (!existsSync(tls)) throw new Error(`stat ${tls}: no such file or directory`);
  cpSync(tls, copy, { recursive: true });
  for (const { path } of k3sAgentLeaves(node)) {
    for (const extension of ['crt', 'key']) {
      const file = join(data, `${path}.${extension}`);
      if (existsSync(file)) cpSync(file, join(copy, file.slice(file.lastIndexOf('/') + 1)));
    }
  }
  writeFileSync(join(tls, 'dynamic-cert-regenerate'), '', { mode: 0o600 });
  for (const { path } of [...k3sServerLeaves(node), ...k3sAgentLeaves(node)]) {
    for (const extension of ['crt', 'key']) rmSync(join(data, `${path}.${extension}`), { force: true });
  }
  process.stderr.write(
    `level=info msg="Successfully backed up certificates to ${copy}, please restart k3s server or agent to rotate certificates"\n`,
  );
}

/** The files in server/tls stay until the next start, whoever does it. */
function rotateCa(root: string, node: NodeRecord, path: string | undefined, force: boolean): void {
  if (path === undefined) throw new Error('required flag "path" not set');
  if (show(root, unitOf(node.kind)).active !== 'active') throw new Error('connect: connection refused');
  const data = join(root, k3sDataDirectory(node));
  for (const ca of k3sAuthorities(node)) {
    const file = join(root, path, ca.path.replace(/^server\//, ''));
    const [next, key] = [readFileSync(`${file}.crt`, 'utf8'), readFileSync(`${file}.key`, 'utf8')];
    const previous = isStored(root, `${ca.path}.crt`)
      ? join(root, 'run/demo/datastore', `${ca.path}.crt`)
      : join(data, `${ca.path}.crt`);
    if (!force && !isVouchedFor(next, readFileSync(previous, 'utf8'))) {
      throw new Error(`new ${ca.name} CA cert and key cannot be trusted by the current CA`);
    }
    store(root, `${ca.path}.crt`, next);
    store(root, `${ca.path}.key`, key);
  }
  writeFileSync(join(data, 'server/tls/dynamic-cert-regenerate'), '', { mode: 0o600 });
  process.stdout.write('certificates saved to datastore\n');
}

function isVouchedFor(next: string, previous: string): boolean {
  const old = new X509Certificate(previous);
  return (next.match(PEM) ?? []).some((pem) => {
    const one = new X509Certificate(pem);
    return one.checkIssued(old) && one.verify(old.publicKey);
  });
}

function option(name: string, options: string[]): string | undefined {
  const index = options.findIndex((word) => word === `--${name}` || word.startsWith(`--${name}=`));
  const word = options[index];
  return word?.includes('=') ? word.slice(word.indexOf('=') + 1) : options[index + 1];
}
