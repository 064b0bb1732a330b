// Runs in the machine: one rehearsal of its K3s server, as certagent's plan would ask for it; prints the result as JSON.
import { existsSync, readdirSync } from 'node:fs';
import type { RehearsedAuthority, ServerRehearsal } from '../../../src/domain/model/rehearsal.ts';
import { readLeaf } from '../../../src/host/leaf.ts';
import { Root } from '../../../src/host/root.ts';
import { rehearse } from '../../../src/renew/rehearsal/run-rehearsal.ts';

const root = new Root('/');
const DATA = '/var/lib/rancher/k3s';
const TLS = `${DATA}/server/tls`;
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

const leaves = ['', 'etcd/', 'kube-scheduler/', 'kube-controller-manager/'].flatMap((directory) =>
  (existsSync(`${TLS}/${directory}`) ? readdirSync(`${TLS}/${directory}`) : [])
    .filter((name) => name.endsWith('.crt') && !name.includes('-ca'))
    .map((name) => directory + name.slice(0, -4)),
);

const rehearsal: ServerRehearsal = {
  kind: 'start',
  unit: 'k3s',
  program: 'k3s',
  dataDir: DATA,
  configDir: '/etc/rancher/k3s',
  kubeconfig: '/etc/rancher/k3s/k3s.yaml',
  datastore: existsSync(`${DATA}/server/db/state.db`) ? 'sqlite' : 'etcd',
  health: { scheme: 'https', host: '127.0.0.1', port: 6443, path: '/readyz' },
  settle: 6_000,
  listener: { host: '127.0.0.1', port: 6443, path: `${TLS}/dynamic-cert.json`, expect: null },
  trigger: null,
  remove: [],
  limit: 90_000,
  memory: 1024 ** 3,
  certificates: await Promise.all(
    leaves.map(async (id) => ({
      id,
      path: `${TLS}/${id}.crt`,
      keyPath: `${TLS}/${id}.key`,
      caPath: `${TLS}/${authorityOf(id)}.crt`,
      old: await certificateOf(`${TLS}/${id}.crt`),
    })),
  ),
  authorities: await Promise.all(
    ['client-ca', 'server-ca', 'request-header-ca', 'etcd/peer-ca', 'etcd/server-ca'].map(
      async (name): Promise<RehearsedAuthority> => ({
        path: `${TLS}/${name}.crt`,
        keyPath: `${TLS}/${name}.key`,
        fingerprint: (await certificateOf(`${TLS}/${name}.crt`))?.fingerprint ?? null,
        mustBeRestored: false,
      }),
    ),
  ),
  ...(JSON.parse(process.argv[2] ?? '{}') as Partial<ServerRehearsal>),
};
const waiting = (detail: string) => process.stderr.write(`${detail}\n`);
const result = await rehearse(root, rehearsal, { now: Date.now, pollInterval: 250, waiting, signal: stop.signal });
process.stdout.write(`${JSON.stringify(result)}\n`);

function certificateOf(path: string) {
  return readLeaf(root, path).then(
    ({ certificate }) => certificate,
    () => null,
  );
}

function authorityOf(id: string): string {
  if (id === 'client-auth-proxy') return 'request-header-ca';
  if (id.startsWith('client-')) return 'client-ca';
  if (id.startsWith('etcd/')) return id.startsWith('etcd/peer') ? 'etcd/peer-ca' : 'etcd/server-ca';
  return 'server-ca';
}
