import type { Distribution } from '../../domain/distributions/names.ts';
import type { Preconditions } from '../../domain/model/inventory.ts';
import { askTrusted } from '../../host/http.ts';
import type { Root } from '../../host/root.ts';
import { record, text } from '../node-files.ts';

const LIMIT = 3_000;

/**
 * Whether a server of an agent answers, with a certificate of its cluster: the one that it joined, or another that its own
 * load balancer remembers. Measured on v1.36: with its server away, an agent that restarts has no kubelet until it is back.
 * null: no server is known.
 */
export async function askServers(
  root: Root,
  distribution: Distribution,
  { dataDir, server }: { dataDir: string; server: string | null },
): Promise<NonNullable<Preconditions['servers']> | null> {
  const known = [...(server === null ? [] : [server]), ...(await remembered(root, distribution, dataDir))];
  const urls = [...new Set(known.map((one) => one.replace(/\/+$/, '')))].filter((url) => URL.canParse(url));
  const ca = await text(root, `${dataDir}/agent/server-ca.crt`);
  if (urls[0] === undefined || ca === null) return null;
  const problems = await Promise.all(urls.map((url) => askTrusted(`${url}/ping`, { ca, limit: LIMIT })));
  const answering = urls.find((_, index) => problems[index] === null);
  const detail = urls.map((url, index) => `${new URL(url).host}: ${problems[index] ?? 'answers'}`).join(', ');
  return { answers: answering !== undefined, detail, url: answering ?? urls[0] };
}

/** What the agent's load balancer has written down. */
async function remembered(root: Root, distribution: Distribution, dataDir: string): Promise<string[]> {
  const file = `${dataDir}/agent/etc/${distribution}-agent-load-balancer.json`;
  try {
    const content = record(JSON.parse((await text(root, file)) ?? 'null'));
    const addresses = Array.isArray(content?.ServerAddresses) ? content.ServerAddresses : [];
    return addresses.filter((address) => typeof address === 'string').map((address) => `https://${address}`);
  } catch {
    return [];
  }
}
