// Three machines that are the servers of one cluster: a real etcd with three members over TLS, joined by a virtual network.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { get } from 'node:https';
import type { TestContext } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { makeObjects, type Objects } from '../../testnode/api/objects.ts';
import { apiHandler, NO_API_FAULTS } from '../../testnode/api/serve.ts';
import { reservePorts } from '../../testnode/ports.ts';
import { nodeObject, putCluster } from '../../testnode/stand-in/api.ts';
import { eventually } from '../testnode/support.ts';
import { addressIn, type Bridge, makeBridge } from './bridge.ts';
import { type Machine, makeMachine } from './machine.ts';
import { type InstalledNode, installNode, startNode } from './node.ts';
import { packageFile } from './package.ts';
import { install, openWindow } from './support.ts';

export type Server = { name: string; address: string; machine: Machine; node: InstalledNode };
export type Servers = { servers: [Server, Server, Server]; bridge: Bridge; objects: Objects; port: number };

export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

/** Their certificates expire in `days`; certagent is installed and observes. What their API shares is kept by this process. */
export async function threeServers(t: TestContext, days: number): Promise<Servers> {
  const deb = await packageFile();
  const bridge = await makeBridge();
  const objects = makeObjects();
  const handle = apiHandler(objects, () => NO_API_FAULTS);
  const store = createServer((request, response) => {
    void handle(request, response, request.headers['x-user']?.toString());
  });
  const machines: Machine[] = [];
  t.after(async () => {
    for (const machine of machines) await machine.remove();
    store.closeAllConnections();
    store.close();
    await bridge.remove();
  });
  await new Promise<void>((resolve) => store.listen(0, bridge.host, resolve));
  const url = `http://${bridge.host}:${(store.address() as { port: number }).port}`;
  const { apiserver: port } = (await reservePorts(['apiserver'])) as { apiserver: number };
  const servers: Server[] = [];
  for (const number of [1, 2, 3]) {
    const name = `cp-${number}`;
    const address = addressIn(bridge, number);
    const machine = await makeMachine('trixie', {
      packages: [],
      runsContainers: false,
      joined: { name, bridge: bridge.name },
    });
    machines.push(machine);
    const cluster = { store: url, address, port, first: servers[0]?.machine.root ?? null };
    const node = await installNode(machine, {
      kind: 'kubeadm',
      nodeName: name,
      cluster,
      etcd: '/usr/bin/etcd',
      // Of this version the kube-apiserver has to restart.
      version: 'v1.26.15',
      leafEnds: Date.now() + days * DAY,
      speed: 0.1,
    });
    servers.push({ name, address, machine, node });
    putCluster(objects, [nodeObject(name, address)]);
  }
  for (const server of servers) joinEtcd(server, servers);
  await Promise.all(
    servers.map(async ({ machine, node }, index) => {
      await machine.boot();
      await bridge.join(machine, index + 1);
      await startNode(machine, node);
      await install({ machine }, deb);
    }),
  );
  const made = { servers: servers as Servers['servers'], bridge, objects, port };
  for (const server of servers) await eventually(() => isReady(made, server), 120_000);
  return made;
}

/** As `kubeadm join --control-plane` writes it: a member that serves and finds the others at their addresses. */
function joinEtcd({ machine, node, address }: Server, servers: Server[]): void {
  const file = machine.at('/etc/kubernetes/manifests/etcd.yaml');
  const [client, peer] = [`https://${address}:${node.ports.etcd}`, `https://${address}:${node.ports.etcdPeer}`];
  const all = servers.map((one) => `${one.name}=https://${one.address}:${one.node.ports.etcdPeer}`).join(',');
  const text = readFileSync(file, 'utf8')
    .replace(/--advertise-client-urls=.*/, `--advertise-client-urls=${client}`)
    .replace(/(--listen-client-urls=\S+)/, `$1,${client}`)
    .replace(/--(initial-advertise|listen)-peer-urls=.*/g, `--$1-peer-urls=${peer}`)
    // On a machine with much to do, members must not lose their leader for that.
    .replace(
      /--initial-cluster=.*/,
      `--initial-cluster=${all}\n    - --heartbeat-interval=500\n    - --election-timeout=5000`,
    );
  writeFileSync(file, text);
}

export async function setMode({ machine }: Server, mode: 'renew' | 'observe'): Promise<void> {
  const clock = '[clock]\nrequire_synchronized = false\n';
  writeFileSync(machine.at(CONFIG_FILE), `mode = "${mode}"\n${clock}${openWindow()}`);
  await machine.must('systemctl', 'reload-or-restart', 'certagent');
}

/** Whether the API of a server answers, asked through the virtual network. */
export function isReady({ port }: Servers, { address }: Server): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get({
      host: address,
      port,
      path: '/readyz',
      rejectUnauthorized: false,
      agent: false,
      timeout: 1_000,
    });
    asked.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
  });
}

/** Asks every server ten times a second until it is stopped. Milliseconds for which none, and each, was away. */
export function watchApi(cluster: Servers): () => { nobody: number; each: number[]; several: number } {
  const TICK = 100;
  const away = new Set<Server>();
  const found = { nobody: 0, each: [0, 0, 0], several: 0 };
  const timer = setInterval(() => {
    for (const server of cluster.servers)
      void isReady(cluster, server).then((ready) => (ready ? away.delete(server) : away.add(server)));
    for (const [index, server] of cluster.servers.entries()) if (away.has(server)) found.each[index]! += TICK;
    if (away.size > 1) found.several += TICK;
    if (away.size === cluster.servers.length) found.nobody += TICK;
  }, TICK);
  return () => {
    clearInterval(timer);
    return found;
  };
}
