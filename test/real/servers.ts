// Three real K3s servers with embedded etcd, each in a booted Debian with certagent's package, joined by a virtual network.
import { spawn } from 'node:child_process';
import { STATE_DIR } from '../../src/host/root.ts';
import type { Issued } from '../../testnode/pki.ts';
import { addressIn, type Bridge, makeBridge } from '../e2e/bridge.ts';
import { type Machine, makeMachine } from '../e2e/machine.ts';
import { put } from '../e2e/node.ts';
import { eventually } from '../testnode/support.ts';
import { ageLeaves } from './aging.ts';
import {
  configuration,
  configureCertagent,
  installCertagent,
  isReady,
  K3S_CONFIG,
  MACHINE,
  prepareK3s,
  startK3s,
} from './k3s.ts';
import { type Gap, gapsOf, inAll, issueClient, Probe, serverCa } from './probe.ts';
import type { Programs } from './programs.ts';

export type RealServer = { name: string; address: string; machine: Machine };
export type RealServers = {
  /** As `k3s --version` has it. */
  version: string;
  servers: RealServer[];
  client: Issued;
  remove(): Promise<void>;
};

/** They run; certagent is installed and does not. The caller removes them. */
export async function installServers(programs: Programs, deb: string): Promise<RealServers> {
  const bridge = await makeBridge();
  const servers: RealServer[] = [];
  const remove = async () => {
    for (const { machine } of servers) await machine.remove();
    await bridge.remove();
  };
  try {
    let version = programs.name;
    for (const number of [1, 2, 3]) {
      const name = `cp-${number}`;
      const machine = await makeMachine('trixie', { ...MACHINE, joined: { name, bridge: bridge.name } });
      servers.push({ name, address: addressIn(bridge, number), machine });
      version = await prepareK3s(machine, programs, () => connect(bridge, machine, number));
      await installCertagent(machine, deb);
    }
    const [first, ...others] = servers as [RealServer, ...RealServer[]];
    for (const server of servers) {
      const isFirst = server === first;
      const joins = isFirst ? 'cluster-init: true' : `server: https://${first.address}:6443`;
      const more = `node-name: ${server.name}\ntoken: of-a-throw-away-cluster\n${joins}\n`;
      const text = configuration(version, server.address, more);
      put(server.machine, K3S_CONFIG, text);
      console.log(`${new Date().toISOString().slice(11, 19)}  ${server.name} ${isFirst ? 'starts' : 'joins'}`);
      await startK3s(server.machine);
    }
    // An address of a server that has joined is added to the certificate that all of them serve.
    const client = await issueClient(first.machine);
    for (const server of [first, ...others]) await eventually(() => isServing(server, first, client), 120_000);
    return { version, servers, client, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** An address in the common network, and a default route that leads nowhere, which K3s wants. */
export async function connect(bridge: Bridge, machine: Machine, number: number): Promise<void> {
  await bridge.join(machine, number);
  await machine.must('ip', 'route', 'add', 'default', 'via', addressIn(bridge, 99), 'dev', 'host0');
}

async function isServing(server: RealServer, first: RealServer, client: Issued): Promise<boolean> {
  const probe = new Probe();
  try {
    await ask(probe, server, first, client);
    await eventually(() => probe.answers.at(-1)?.said === '200', 5_000);
    return true;
  } finally {
    await probe.stop();
  }
}

/** A read that etcd answers, of a majority of its members. */
const QUORUM_READ = '/api/v1/namespaces/kube-system';

function ask(probe: Probe, { address }: RealServer, { machine }: RealServer, client: Issued): Promise<void> {
  const run = (program: string, ...words: string[]) =>
    spawn('setpriv', ['--pdeathsig', 'KILL', program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  return probe.ask({ host: address, path: QUORUM_READ, ca: serverCa(machine), client, run });
}

/** Every leaf expires `days` from now, certagent knows nothing and renews at any hour; K3s runs, certagent does not. */
export async function dueIn(days: number, { servers }: RealServers): Promise<void> {
  for (const { machine } of servers) {
    await machine.must('systemctl', 'stop', 'certagent');
    await eventually(() => isReady(machine), 120_000);
    await ageLeaves(machine, days);
    await machine.must('sh', '-c', `rm -rf ${STATE_DIR}/*`);
    configureCertagent(machine);
  }
}

/** Seconds, and requests. `each`: by server. `asked`, `failed`: requests to each. */
export type Away = { nobody: number; each: number[]; asked: number[]; failed: number[] };

/** Asks every server ten times a second while `act` runs. */
export async function watched({ servers, client }: RealServers, act: () => Promise<unknown>): Promise<Away> {
  const probes = servers.map(() => new Probe());
  try {
    await Promise.all(servers.map((server, index) => ask(probes[index]!, server, servers[0]!, client)));
    await act();
    // The first good answer after a gap ends it.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  } finally {
    for (const probe of probes) await probe.stop();
  }
  const gaps = probes.map(({ answers, startedAt }) => gapsOf(answers, startedAt));
  return {
    nobody: total(inAll(gaps)),
    each: gaps.map(total),
    asked: probes.map(({ answers }) => answers.length),
    failed: probes.map(({ answers }) => answers.filter(({ said }) => said !== '200').length),
  };
}

const total = (gaps: Gap[]): number => gaps.reduce((sum, { from, to }) => sum + to - from, 0) / 1_000;
