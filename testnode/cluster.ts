// Throw-away kubeadm servers of one cluster: each with a loopback address of its own, and one place that keeps what etcd would.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeObjects, type Objects } from './api/objects.ts';
import { type ApiFaults, apiHandler, NO_API_FAULTS } from './api/serve.ts';
import { makeNode, type NodeOptions, type TestNode } from './node.ts';
import { reservePorts } from './ports.ts';
import { nodeObject, putCluster } from './stand-in/api.ts';

export type TestCluster = {
  /** cp-1, cp-2 and so on. */
  nodes: TestNode[];
  objects: Objects;
  /** Of the API of every server. */
  faults(faults: Partial<ApiFaults>): void;
  /** "GET /path" of every request. */
  seen: string[];
  remove(): Promise<void>;
};

let clusters = 0;

/** `directory`: where the nodes are made. */
export async function makeCluster(
  directory: string,
  count: number,
  options: Omit<NodeOptions, 'root' | 'kind' | 'cluster' | 'nodeName'>,
): Promise<TestCluster> {
  const objects = makeObjects();
  const seen: string[] = [];
  const members: { name: string; clientURLs: string[] }[] = [];
  let faults = NO_API_FAULTS;
  const handle = apiHandler(
    objects,
    () => faults,
    (line) => seen.push(line),
  );
  const store = createServer((request, response) => {
    if (request.url === '/etcd/members') return void response.end(JSON.stringify({ members }));
    void handle(request, response, request.headers['x-user']?.toString());
  });
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  const { api: port } = (await reservePorts(['api'])) as { api: number };
  clusters += 1;
  const nodes: TestNode[] = [];
  for (let at = 1; at <= count; at += 1) {
    const nodeName = `cp-${at}`;
    // 127.0.0.0/8 is all loopback. The process is in it, so that those of other processes are seldom the same.
    const address = `127.${1 + (process.pid % 250)}.${clusters}.${at}`;
    const cluster = { store: url, address, port, first: nodes[0]?.root ?? null };
    const node = await makeNode({ ...options, root: join(directory, nodeName), kind: 'kubeadm', nodeName, cluster });
    putCluster(objects, [nodeObject(nodeName, address)]);
    members.push({ name: nodeName, clientURLs: [`https://127.0.0.1:${node.ports.etcd}`] });
    nodes.push(node);
  }
  return {
    nodes,
    objects,
    seen,
    faults(changed) {
      faults = { ...faults, ...changed };
    },
    async remove() {
      for (const node of nodes) await node.remove();
      store.closeAllConnections();
      await new Promise((resolve) => store.close(resolve));
    },
  };
}
