// The load balancer inside of an agent: what the agent's own parts ask reaches the server through it. The real one knows every server of
// the cluster, and passes connections on as they are.
import { connect, createServer } from 'node:net';
import type { NodeRecord } from '../options.ts';

export function balance({ ports }: NodeRecord): void {
  if (ports.apiInternal === undefined) return;
  createServer((client) => {
    const server = connect(ports.server!, '127.0.0.1');
    client.pipe(server).pipe(client);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  }).listen(ports.apiInternal, '127.0.0.1');
}
