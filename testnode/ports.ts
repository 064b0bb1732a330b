import type { Server } from 'node:net';
import { createServer } from 'node:net';

// Below the range the kernel takes for outgoing connections, so that a component that restarts finds its port free.
const LOWEST = 20_000;
const HIGHEST = 32_000;

const reserved = new Map<number, Server>();

/**
 * A port on 127.0.0.1 for each name: free now, and kept from every other node, of other processes too, until it is
 * released or this process exits.
 */
export async function reservePorts(names: string[]): Promise<Record<string, number>> {
  const picked: Record<string, number> = {};
  for (const name of names) {
    let port: number;
    do port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    while (!(await reserve(port)));
    picked[name] = port;
  }
  return picked;
}

export function releasePorts(ports: Record<string, number>): void {
  for (const port of Object.values(ports)) {
    reserved.get(port)?.close();
    reserved.delete(port);
  }
}

// A node is made some time before it listens. Until then a socket in the kernel's abstract namespace reserves the port: it
// needs no file, and the kernel closes it with the process.
async function reserve(port: number): Promise<boolean> {
  const holder = await listening({ path: `\0certagent-demo-port-${port}` });
  if (holder === undefined) return false;
  const probe = await listening({ port, host: '127.0.0.1' });
  if (probe === undefined) {
    holder.close();
    return false;
  }
  await new Promise((resolve) => probe.close(resolve));
  holder.unref();
  reserved.set(port, holder);
  return true;
}

function listening(where: { path: string } | { port: number; host: string }): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(where, () => resolve(server));
  });
}
