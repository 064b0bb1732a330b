// The verdict on one certificate of a node, and the test of each row of a table of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { Decision, History, Policy } from '../../../src/domain/model/decision.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { inventoryOf, NO_HISTORY, NOW, policyOf, withCertificate } from '../../support/inventory.ts';

export type Row = [what: string, expected: string, id: string, node: Inventory, options?: Options];

type Options = { policy?: Partial<Policy>; history?: History; now?: number; manual?: boolean; force?: boolean };

export function testVerdicts(table: Row[]): void {
  for (const [what, expected, id, inventory, options] of table) {
    test(`the verdict: ${what} → ${expected}`, () => assert.equal(verdict(id, inventory, options), expected));
  }
}

export function decisionOn(id: string, inventory: Inventory, options: Options = {}): Decision {
  const { policy = {}, history = NO_HISTORY, now = NOW, manual = false, force = false } = options;
  const request = manual || force ? ({ kind: 'manual', force } as const) : ({ kind: 'schedule' } as const);
  const { certificates } = decide({ inventory, policy: policyOf(policy), history, now, request });
  return certificates.find((one) => one.id === id)!;
}

/** The verdict in short: its kind and code. */
function verdict(id: string, inventory: Inventory, options: Options = {}): string {
  const { verdict } = decisionOn(id, inventory, options);
  return verdict.kind === 'keep' ? 'keep' : `${verdict.kind} ${verdict.code}`;
}

export const kubeadm = (days: number, caDays?: number) =>
  inventoryOf('kubeadm', { days, ...(caDays ? { caDays } : {}) });
export const k3s = (days: number) => inventoryOf('k3s-server', { days });
export const apiserver = (days: number, change: Parameters<typeof withCertificate>[2]) =>
  withCertificate(kubeadm(days), 'apiserver', change);
export const chain = { kind: 'pem', path: '/etc/kubernetes/pki/apiserver.crt', index: 1 } as const;
