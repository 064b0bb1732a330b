// The parts of a running K3s that ask the API server, each with its own certificate, which it looks for again from time to time
// (client-go: every 5 minutes; here twenty seconds, shortened as every other wait).
import { request } from 'node:https';
import { join } from 'node:path';
import { k3sDataDirectory } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults } from '../options.ts';
import { type Pair, readPair } from './serving.ts';

const PARTS = ['server/tls/client-scheduler', 'server/tls/client-controller', 'agent/client-kubelet'];
const ASKS_EVERY = 2_000;
const LOOKS_EVERY = 20_000;

/** An agent has none but its kubelet. `renewed`: called when the kubelet has renewed its Lease. */
export function runClients(root: string, node: NodeRecord, renewed: () => void = () => {}): void {
  for (const part of PARTS) {
    const path = join(root, k3sDataDirectory(node), part);
    const load = () => readPair(`${path}.crt`, `${path}.key`);
    let pair: Pair;
    try {
      pair = load();
    } catch {
      continue;
    }
    setInterval(() => {
      if (readFaults(root).clientsStayOld.some((name) => part.endsWith(`/${name}`))) return;
      try {
        pair = load();
      } catch {
        // Half a pair: the previous one stays.
      }
    }, LOOKS_EVERY * node.speed);
    const ask = () => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: node.ports.api ?? node.ports.apiInternal,
          path: '/readyz',
          agent: false,
          rejectUnauthorized: false,
          ...pair,
        },
        (response) => {
          response.resume();
          if (response.statusCode === 200 && part.endsWith('-kubelet')) renewed();
        },
      );
      asked.on('error', () => {});
      asked.end();
    };
    setInterval(ask, ASKS_EVERY * node.speed);
  }
}
