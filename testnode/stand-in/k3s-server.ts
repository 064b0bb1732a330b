import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type K3sLeaf, k3sAgentLeaves, k3sAuthorities, k3sServerLeaves } from '../k3s-certificates.ts';
import { k3sCredFiles, k3sDataDirectory, k3sKubeconfig, k3sKubeconfigPath } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults, versionNumbers } from '../options.ts';
import type { Issued } from '../pki.ts';
import { issueAuthority } from '../pki.ts';
import { overwrite } from '../put.ts';
import { isStored, load, store } from './k3s-datastore.ts';
import { isLongRunning, logSigned, parse, renewIfDue } from './k3s-leaves.ts';

/** What a server does with its certificates at every start, before it serves; returns its CAs. Throws where K3s exits with 1. */
export async function prepareServer(root: string, node: NodeRecord): Promise<Map<string, Issued>> {
  const data = join(root, k3sDataDirectory(node));
  const cas = new Map<string, Issued>();
  for (const authority of k3sAuthorities(node)) cas.set(authority.path, await readOrMakeCa(root, node, authority));
  for (const leaf of [...k3sServerLeaves(node), ...servingLeaves(root, node)])
    await renewIfDue(root, node, leaf, cas.get(leaf.ca)!);
  for (const fatal of ['serving-kube-apiserver', 'client-auth-proxy']) {
    if (parse(readFileSync(join(data, `server/tls/${fatal}.crt`), 'utf8')) === undefined) {
      throw new Error('apiserver exited: tls: failed to find any PEM data in certificate input');
    }
  }
  for (const [name, text] of k3sCredFiles(node)) overwrite(join(data, `server/cred/${name}`), text, 0o644);
  keepAuthorities(root, node);
  return cas;
}

/** Whether what its scheduler or controller manager serves is broken: the start succeeds, and k3s ends seconds later. */
export function brokenServing(root: string, node: NodeRecord): string | undefined {
  return SERVING.find((name) => {
    const file = join(root, k3sDataDirectory(node), `server/tls/${name}/${name}.crt`);
    return existsSync(file) && parse(readFileSync(file, 'utf8')) === undefined;
  });
}

const SERVING = ['kube-scheduler', 'kube-controller-manager'];

/** Simplified: versions that make these make them only where their directory is there. */
function servingLeaves(root: string, node: NodeRecord): K3sLeaf[] {
  const isThere = (name: string) => existsSync(join(root, k3sDataDirectory(node), 'server/tls', name));
  return SERVING.filter(isThere).map((name) => ({
    path: `server/tls/${name}/${name}`,
    ca: 'server/tls/server-ca',
    subject: { commonName: name },
    sans: ['localhost', '127.0.0.1'],
    usages: ['server'],
  }));
}

/** k3s.yaml, at every start, renewed or not, with whatever the administrator's files hold. */
export function writeKubeconfigs(root: string, node: NodeRecord): void {
  const tls = join(root, k3sDataDirectory(node), 'server/tls');
  const text = k3sKubeconfig(node, readFileSync(join(tls, 'server-ca.crt'), 'utf8'), {
    certificatePem: readFileSync(join(tls, 'client-admin.crt'), 'utf8'),
    keyPem: readFileSync(join(tls, 'client-admin.key'), 'utf8'),
  });
  const path = join(root, k3sKubeconfigPath(node));
  overwrite(path, text, 0o600);
  chmodSync(path, 0o600);
}

// K3s silently makes a new CA when the key is missing: from then on, the server refuses every previous kubeconfig.
async function readOrMakeCa(root: string, node: NodeRecord, ca: { path: string; name: string }): Promise<Issued> {
  const data = k3sDataDirectory(node);
  const path = join(root, data, ca.path);
  for (const extension of ['crt', 'key']) load(root, data, `${ca.path}.${extension}`);
  const anew = ca.path.endsWith('/client-ca') && readFaults(root).k3s === 'new-ca-on-restart';
  if (!anew && existsSync(`${path}.crt`) && existsSync(`${path}.key`)) {
    return { certificatePem: readFileSync(`${path}.crt`, 'utf8'), keyPem: readFileSync(`${path}.key`, 'utf8') };
  }
  const now = Date.now();
  const commonName = `${ca.name}@${Math.floor(now / 1000)}`;
  const made = await issueAuthority({ commonName, notBefore: now, notAfter: now + 3650 * 86_400_000 });
  overwrite(`${path}.key`, made.keyPem, 0o600);
  overwrite(`${path}.crt`, made.certificatePem, 0o644);
  logSigned(root, node, made.certificatePem);
  return made;
}

function keepAuthorities(root: string, node: NodeRecord): void {
  const [, minor, patch] = versionNumbers(node.version);
  if (minor < 22 || (minor === 22 && patch < 3)) return;
  const files = k3sAuthorities(node).flatMap(({ path }) => [`${path}.crt`, `${path}.key`]);
  for (const file of files.filter((each) => !isStored(root, each)))
    store(root, file, readFileSync(join(root, k3sDataDirectory(node), file), 'utf8'));
}

/**
 * The server's own agent fetches new files at each start, when the server listens; the two that the server keeps are copies.
 */
export async function renewAgentFiles(root: string, node: NodeRecord, cas: Map<string, Issued>): Promise<void> {
  const data = join(root, k3sDataDirectory(node));
  for (const leaf of k3sAgentLeaves(node)) {
    if (leaf.ofServer === undefined) {
      await renewIfDue(root, node, leaf, cas.get(leaf.ca)!, { always: !isLongRunning(root), keepKey: true });
    } else {
      overwrite(join(data, `${leaf.path}.key`), readFileSync(join(data, `${leaf.ofServer}.key`), 'utf8'), 0o600);
      overwrite(join(data, `${leaf.path}.crt`), readFileSync(join(data, `${leaf.ofServer}.crt`), 'utf8'), 0o644);
    }
  }
  for (const ca of ['client-ca', 'server-ca']) {
    overwrite(join(data, `agent/${ca}.crt`), cas.get(`server/tls/${ca}`)!.certificatePem, 0o644);
  }
}
