import { LOOPBACK } from '../../domain/decide/loopback.ts';
import { loopbackLifetime } from '../../domain/distributions/kubernetes-version.ts';
import type { ComponentHealth, Endpoint, LoopbackCertificate } from '../../domain/model/inventory.ts';
import { servedCertificate } from '../../host/tls.ts';
import { parseCertificate } from '../../host/x509.ts';

const LIMIT = 3_000;

/**
 * The loopback certificate of the kube-apiserver. It shows it to who asks for that server name (measured on v1.36); where it
 * does not, its start and its version tell. null: no kube-apiserver runs here.
 */
export async function observeLoopback(
  components: ComponentHealth[],
  endpoints: Endpoint[],
): Promise<LoopbackCertificate | null> {
  const apiserver = components.find(({ name, pod }) => name === 'kube-apiserver' && pod !== null);
  const endpoint = endpoints.find(({ name }) => name === 'kube-apiserver');
  if (apiserver === undefined) return null;
  const notAfter = endpoint === undefined ? null : await shown(endpoint).catch(() => null);
  if (notAfter !== null) return { notAfter, from: 'served' };
  const { startedAt, version } = apiserver;
  return startedAt === null ? null : { notAfter: startedAt + loopbackLifetime(version), from: 'start' };
}

/** A server that knows no such name shows what it shows to everybody. */
async function shown({ host, port }: Endpoint): Promise<number | null> {
  const served = parseCertificate(await servedCertificate(host, port, { limit: LIMIT, serverName: LOOPBACK }));
  return served.commonName?.startsWith(LOOPBACK) === true ? served.notAfter : null;
}
