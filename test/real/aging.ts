// Certificates of a real K3s get another expiry: the same key and names, signed by the same CA.
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Issued, issueCertificate, readRequest } from '../../testnode/pki.ts';
import type { Machine } from '../e2e/machine.ts';
import { DAY } from '../testnode/support.ts';

const DATA = '/var/lib/rancher/k3s';
export const TLS = `${DATA}/server/tls`;
const LISTENER = `${TLS}/dynamic-cert.json`;
const DATASTORE = `${DATA}/server/db/state.db`;
const LISTENER_ROW = '/registry/secrets/kube-system/k3s-serving';
export const KUBECONFIG = '/etc/rancher/k3s/k3s.yaml';
const LEAF_DIRECTORIES = ['', 'etcd', 'kube-scheduler', 'kube-controller-manager'].map((name) => join(TLS, name));
LEAF_DIRECTORIES.push(`${DATA}/agent`);

/** The leaves' files, as they are on this version: every certificate with a key beside it that is not a CA. */
export function leavesOf(machine: Machine): string[] {
  return LEAF_DIRECTORIES.filter((directory) => existsSync(machine.at(directory))).flatMap((directory) =>
    readdirSync(machine.at(directory))
      .filter((name) => name.endsWith('.crt') && existsSync(machine.at(join(directory, keyOf(name)))))
      .map((name) => join(directory, name))
      .filter((path) => !new X509Certificate(readFileSync(machine.at(path))).ca),
  );
}

export function keyOf(path: string): string {
  return path.replace(/\.crt$/, '.key');
}

/**
 * All leaves, and the administrator's kubeconfig, expire `days` from now. A running K3s serves them within a second. `signer`: the machine
 * that holds the CAs' keys, where that is another one.
 */
export async function ageLeaves(machine: Machine, days: number, signer = machine): Promise<void> {
  for (const path of leavesOf(machine)) {
    const [chain, key] = [readFileSync(machine.at(path), 'utf8'), readFileSync(machine.at(keyOf(path)), 'utf8')];
    replace(machine, path, await aged(signer, chain, key, days));
  }
  if (signer !== machine) return;
  const kubeconfig = readFileSync(machine.at(KUBECONFIG), 'utf8');
  const admin = readFileSync(machine.at(`${TLS}/client-admin.crt`)).toString('base64');
  replace(machine, KUBECONFIG, kubeconfig.replace(/(client-certificate-data: )\S+/, `$1${admin}`));
}

/** A Kubernetes secret, as `kubectl get -o json` prints it. */
export type Secret = {
  metadata: { resourceVersion?: string; managedFields?: unknown; annotations?: Record<string, string> };
  data: Record<string, string>;
};

/**
 * The listener's certificate expires `days` from now, in the file and in the datastore, as on a server that was off for a
 * year. A running K3s does not notice: it watches for new rows, and this one is changed in place.
 */
export async function ageListener(machine: Machine, listener: Secret, days: number): Promise<void> {
  const { tls, key } = { tls: decoded(listener, 'tls.crt'), key: decoded(listener, 'tls.key') };
  const secret = structuredClone(listener);
  const chain = await aged(machine, tls, key, days);
  secret.data['tls.crt'] = Buffer.from(chain).toString('base64');
  delete secret.metadata.managedFields;
  const fingerprint = createHash('sha1').update(new X509Certificate(chain).raw).digest('hex').toUpperCase();
  const annotations = secret.metadata.annotations ?? {};
  if ('listener.cattle.io/fingerprint' in annotations)
    annotations['listener.cattle.io/fingerprint'] = `SHA1=${fingerprint}`;
  replace(machine, LISTENER, JSON.stringify(secret));
  // In a row the revision is the row's own.
  delete secret.metadata.resourceVersion;
  const database = new DatabaseSync(machine.at(DATASTORE), { timeout: 10_000 });
  try {
    const newest = 'select max(id) from kine where name = ? and deleted = 0';
    const { changes } = database
      .prepare(`update kine set value = ? where id = (${newest})`)
      .run(Buffer.from(JSON.stringify(secret)), LISTENER_ROW);
    if (Number(changes) !== 1) throw new Error(`${DATASTORE} has no ${LISTENER_ROW}`);
  } finally {
    database.close();
  }
}

/** The listener's certificate in the file. */
export function listenerOf(machine: Machine): X509Certificate {
  return new X509Certificate(decoded(JSON.parse(readFileSync(machine.at(LISTENER), 'utf8')) as Secret, 'tls.crt'));
}

async function aged(machine: Machine, chain: string, key: string, days: number): Promise<string> {
  const [leaf, ...rest] = certificatesIn(chain);
  const now = Date.now();
  const { certificatePem } = await issueCertificate({
    ...(await readRequest(leaf!)),
    ca: authorityOf(machine, leaf!),
    keyPem: key,
    notBefore: now + Math.min(days, 0) * DAY - 300 * DAY,
    notAfter: now + days * DAY,
  });
  return [certificatePem, ...rest].join('');
}

/** The CA of server/tls whose key has signed it. */
function authorityOf(machine: Machine, leaf: string): Issued {
  const certificate = new X509Certificate(leaf);
  for (const directory of [TLS, `${TLS}/etcd`]) {
    for (const name of readdirSync(machine.at(directory)).filter((file) => file.endsWith('-ca.crt'))) {
      const path = machine.at(join(directory, name));
      const certificatePem = certificatesIn(readFileSync(path, 'utf8'))[0]!;
      if (certificate.verify(new X509Certificate(certificatePem).publicKey))
        return { certificatePem, keyPem: readFileSync(keyOf(path), 'utf8') };
    }
  }
  throw new Error(`no CA of this node has signed ${certificate.subject}`);
}

function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g) ?? [];
}

function decoded(secret: Secret, name: string): string {
  return Buffer.from(secret.data[name] ?? '', 'base64').toString();
}

/** K3s may read it at any moment: never half a file. */
function replace(machine: Machine, path: string, content: string): void {
  const file = machine.at(path);
  writeFileSync(`${file}.new`, content, { mode: statSync(file).mode & 0o777 });
  renameSync(`${file}.new`, file);
}
