// A real K3s server and an agent that has joined it, each in a booted Debian; certagent's package is on the agent.
import { spawn } from 'node:child_process';
import type { Issued } from '../../testnode/pki.ts';
import { addressIn, makeBridge } from '../e2e/bridge.ts';
import { type Machine, makeMachine } from '../e2e/machine.ts';
import { put } from '../e2e/node.ts';
import { served } from '../e2e/support.ts';
import { eventually } from '../testnode/support.ts';
import { AUDIT, POLICY, policyFor } from './audit.ts';
import {
  configuration,
  configureCertagent,
  installCertagent,
  K3S_CONFIG,
  MACHINE,
  prepareK3s,
  startK3s,
  UNIT,
} from './k3s.ts';
import { issueClient, Probe, serverCa } from './probe.ts';
import type { Programs } from './programs.ts';
import { connect } from './servers.ts';

export const WORKER = 'worker-1';
export const AGENT_UNIT = 'k3s-agent';
const TOKEN = 'of-a-throw-away-cluster';

export type RealAgent = {
  /** As `k3s --version` has it. */
  version: string;
  server: { address: string; machine: Machine };
  worker: Machine;
  client: Issued;
  remove(): Promise<void>;
};

/** Both run, and the server writes down who asks it; certagent is on the agent and does not run. The caller removes them. */
export async function installAgent(programs: Programs, deb: string): Promise<RealAgent> {
  const bridge = await makeBridge();
  const machines: Machine[] = [];
  const remove = async () => {
    for (const machine of machines) await machine.remove();
    await bridge.remove();
  };
  try {
    const boot = async (name: string, number: number) => {
      const machine = await makeMachine('trixie', { ...MACHINE, joined: { name, bridge: bridge.name } });
      machines.push(machine);
      return { machine, version: await prepareK3s(machine, programs, () => connect(bridge, machine, number)) };
    };
    const { machine: server, version } = await boot('cp-1', 1);
    const { machine: worker } = await boot(WORKER, 2);
    await installCertagent(worker, deb);
    const address = addressIn(bridge, 1);
    const audited = `kube-apiserver-arg: ["audit-log-path=${AUDIT}", "audit-policy-file=/${POLICY}"]`;
    put(server, POLICY, policyFor(WORKER));
    put(server, K3S_CONFIG, configuration(version, address, `node-name: cp-1\ntoken: ${TOKEN}\n${audited}\n`));
    await startK3s(server);
    const own = configuration(version, addressIn(bridge, 2)).split('\n');
    const usable = own.filter((line) => /^(node-ip|snapshotter|kubelet-arg):/.test(line));
    const joins = [`server: https://${address}:6443`, `token: ${TOKEN}`, `node-name: ${WORKER}`];
    put(worker, K3S_CONFIG, [...usable, ...joins, ''].join('\n'));
    put(worker, `etc/systemd/system/${AGENT_UNIT}.service`, UNIT.replace('k3s server', 'k3s agent'));
    await worker.must('systemctl', 'daemon-reload');
    await worker.must('timeout', '280', 'systemctl', 'start', AGENT_UNIT);
    await eventually(() => served({ machine: worker }, 10_250), 120_000);
    configureCertagent(worker, '[renew]\nk3s = "in-place"\n');
    return { version, server: { address, machine: server }, worker, client: await issueClient(server), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Requests, and how many were not answered as they should be. */
export type Asked = { asked: number; failed: string[] };

/** Asks the API server, and the agent's kubelet through it, ten times a second each while `act` runs. */
export async function askedAllTheTime(
  { server, client }: RealAgent,
  act: () => Promise<unknown>,
): Promise<Record<'api' | 'kubelet', Asked>> {
  const paths = { api: '/readyz', kubelet: `/api/v1/nodes/${WORKER}/proxy/healthz` };
  const probes = { api: new Probe(), kubelet: new Probe() };
  const run = (program: string, ...words: string[]) =>
    spawn('setpriv', ['--pdeathsig', 'KILL', program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ca = serverCa(server.machine);
  try {
    for (const name of ['api', 'kubelet'] as const)
      await probes[name].ask({ host: server.address, path: paths[name], ca, client, run });
    await act();
  } finally {
    for (const probe of Object.values(probes)) await probe.stop();
  }
  const seen = ({ answers }: Probe) => ({
    asked: answers.length,
    failed: answers.map(({ said }) => said).filter((said) => said !== '200'),
  });
  return { api: seen(probes.api), kubelet: seen(probes.kubelet) };
}
