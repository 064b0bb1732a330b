// Whether a node is as it should be after a renewal: what is on disk and what is served, whatever certagent says; then certagent.
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from '../e2e/machine.ts';
import { served, status } from '../e2e/support.ts';
import { DAY } from '../testnode/support.ts';
import { KUBECONFIG, leavesOf, listenerOf, TLS } from './aging.ts';
import { isReady } from './k3s.ts';

/** No leaf of a scene expires as late as a new one. */
const RENEWED = 300 * DAY;

/** The files that K3s serves, by port; those of 10257 and 10259 are of later versions. */
const SERVED = {
  6444: `${TLS}/serving-kube-apiserver.crt`,
  10250: '/var/lib/rancher/k3s/agent/serving-kubelet.crt',
  10257: `${TLS}/kube-controller-manager/kube-controller-manager.crt`,
  10259: `${TLS}/kube-scheduler/kube-scheduler.crt`,
};

/** Certagent checks a server that does not answer again after a minute, and another plan may have to run. */
const LIMIT = 120_000;
/** What takes longer is printed. */
const PATIENCE = 20_000;

/** What is wrong with K3s and, where it watches, with certagent's view of it; asked again for two minutes until nothing is. */
export async function problemsOf(machine: Machine, watched: 'watched' | 'alone'): Promise<string[]> {
  const startedAt = Date.now();
  let shown = '';
  for (;;) {
    const problems = await k3sProblems(machine);
    if (watched === 'watched') problems.push(...(await certagentProblems(machine)));
    if (problems.length === 0 || Date.now() > startedAt + LIMIT) return problems;
    const isLate = Date.now() > startedAt + PATIENCE;
    const now = problems.join('; ');
    if (isLate && now !== shown) {
      console.log(`  ${new Date().toISOString().slice(11, 19)} not yet: ${now}`);
      shown = now;
    }
    await sleep(1_000);
  }
}

async function k3sProblems(machine: Machine): Promise<string[]> {
  const state = (await machine.run('systemctl', 'is-active', 'k3s')).stdout.trim();
  if (state !== 'active') return [`k3s is ${state}`];
  const problems = (await isReady(machine)) ? [] : ['the API server is not ready'];
  const admin = /client-certificate-data: (\S+)/.exec(readFileSync(machine.at(KUBECONFIG), 'utf8'))?.[1] ?? '';
  const leaves: [string, () => X509Certificate][] = leavesOf(machine).map((path) => [path, () => read(machine, path)]);
  leaves.push([KUBECONFIG, () => new X509Certificate(Buffer.from(admin, 'base64'))]);
  leaves.push(['dynamic-cert.json', () => listenerOf(machine)]);
  for (const [path, certificate] of leaves)
    if (certificate().validToDate.getTime() < Date.now() + RENEWED) problems.push(`${path} is not renewed`);
  const files = Object.entries(SERVED).filter(([, path]) => existsSync(machine.at(path)));
  const expected: [string, X509Certificate][] = files.map(([port, path]) => [port, read(machine, path)]);
  for (const [port, certificate] of [['6443', listenerOf(machine)] as const, ...expected]) {
    const now = await served({ machine }, Number(port)).catch(() => undefined);
    if (now?.serialNumber !== certificate.serialNumber) problems.push(`port ${port} serves another certificate`);
  }
  return problems;
}

async function certagentProblems(machine: Machine): Promise<string[]> {
  const report = await status({ machine });
  const problems = report.renewal.kind === 'none' ? [] : [`certagent: renewal is ${report.renewal.kind}`];
  for (const { alert } of report.alerts)
    if (alert.severity !== 'info') problems.push(`certagent: ${alert.severity} ${alert.code}: ${alert.text}`);
  for (const { endpoint, state } of report.served)
    if (state !== 'current') problems.push(`certagent: ${endpoint.name} is ${state}`);
  return problems;
}

function read(machine: Machine, path: string): X509Certificate {
  return new X509Certificate(readFileSync(machine.at(path)));
}
