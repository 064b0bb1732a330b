// An API server, and a client of it with an administrator's kubeconfig.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeAccessReader } from '../../src/cluster/api/access.ts';
import { type Api, makeApi } from '../../src/cluster/api/api.ts';
import { Root } from '../../src/host/root.ts';
import { type ApiServer, type ApiServerOptions, openApiServer } from '../../testnode/api/server.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';

export async function serverFor(t: TestContext, options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = await openApiServer(options);
  t.after(() => server.close());
  return server;
}

export async function directoryFor(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-cluster-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** `url`: another server than the one whose CA and administrator the kubeconfig has. */
export function adminKubeconfig({ url, ca, admin }: Pick<ApiServer, 'url' | 'ca' | 'admin'>): string {
  return kubeconfigText({
    server: url,
    ca: { pem: ca.certificatePem },
    cluster: 'kubernetes',
    user: 'kubernetes-admin',
    credentials: admin,
  });
}

export async function apiFor(t: TestContext, kubeconfig: string, peers: string[] = []): Promise<Api> {
  const directory = await directoryFor(t);
  await writeFile(join(directory, 'admin.conf'), kubeconfig);
  return makeApi({ access: makeAccessReader(new Root(directory), '/admin.conf'), peers: () => peers });
}
