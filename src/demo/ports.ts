import { createServer } from 'node:net';

// Below the range the kernel takes for outgoing connections, so that a component that restarts finds its port free.
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A free port on 127.0.0.1 for each name. Another process may still take it before it is used. */
export async function pickPorts<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
  const picked = {} as Record<Name, number>;
  const taken = new Set<number>();
  for (const name of names) {
    let port: number;
    do port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    while (taken.has(port) || !(await isFree(port)));
    taken.add(port);
    picked[name] = port;
  }
  return picked;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
