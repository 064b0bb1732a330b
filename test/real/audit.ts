// Who asks a real API server, and with which certificate: its audit log names the fingerprint of each (since v1.32).
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Machine } from '../e2e/machine.ts';

export const AUDIT = '/var/log/k3s-audit.log';
export const POLICY = 'etc/rancher/k3s/audit.yaml';

/** The users of an agent's client certificates, by the file. */
const USERS: Record<string, (node: string) => string> = {
  'client-kubelet': (node) => `system:node:${node}`,
  'client-kube-proxy': () => 'system:kube-proxy',
  'client-k3s-controller': () => 'system:k3s-controller',
};
const AGENT = '/var/lib/rancher/k3s/agent';

/** Their requests, without what is in them. */
export function policyFor(node: string): string {
  const users = Object.values(USERS).map((user) => user(node));
  const rules = [{ level: 'Metadata', users, omitStages: ['RequestReceived'] }, { level: 'None' }];
  return JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules });
}

/** The fingerprints of an agent's client certificates, by the file, as the audit log has them. */
export function credentialsOf(machine: Machine): Record<string, string> {
  const id = (name: string) => {
    const { fingerprint256 } = new X509Certificate(readFileSync(machine.at(`${AGENT}/${name}.crt`)));
    return `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  };
  return Object.fromEntries(Object.keys(USERS).map((name) => [name, id(name)]));
}

export type Uses = { count: number; last: number | null };

/** How often, and when last, each of these certificates was used. */
export function usesOf(machine: Machine, credentials: Record<string, string>): Record<string, Uses> {
  const lines = readFileSync(machine.at(AUDIT), 'utf8').split('\n');
  const used = (credential: string): Uses => {
    const own = lines.filter((line) => line.includes(credential));
    const times = own.map((line) => Date.parse(/"stageTimestamp":"([^"]+)"/.exec(line)?.[1] ?? ''));
    return { count: own.length, last: times.length === 0 ? null : Math.max(...times) };
  };
  return Object.fromEntries(Object.entries(credentials).map(([name, credential]) => [name, used(credential)]));
}
