import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  isServerRole,
  keepsProxyLeaves,
  makesServingLeaves,
  supervisorRole,
} from '../../../src/domain/distributions/server-leaves.ts';

/** Version, whether its servers renew kube-proxy's certificate, whether they make the scheduler's. */
const VERSIONS: [version: string | null, proxy: boolean | null, serving: boolean][] = [
  ['v1.28.15+k3s1', true, false],
  ['v1.30.8+k3s1', true, false],
  ['v1.30.9+k3s1', false, false],
  ['v1.30.13+k3s1', false, true],
  ['v1.31.4+rke2r1', true, false],
  ['v1.31.5+rke2r1', false, false],
  ['v1.31.9+rke2r1', false, true],
  ['v1.32.0+k3s1', true, false],
  ['v1.32.1+k3s1', false, false],
  ['v1.32.3+k3s1', false, false],
  ['v1.32.5+k3s1', false, true],
  ['v1.33.0+k3s1', false, false],
  ['v1.33.1+k3s1', false, true],
  ['v1.36.3+k3s1', false, true],
  ['dev', null, false],
  [null, null, false],
];

for (const [version, proxy, serving] of VERSIONS)
  test(`${version}: kube-proxy's certificate on the server ${proxy}, the scheduler's serving one ${serving}`, () => {
    assert.deepEqual([keepsProxyLeaves(version), makesServingLeaves(version)], [proxy, serving]);
  });

const COMMANDS: [argv: string[], unit: string, role: 'server' | 'agent'][] = [
  [['k3s', 'server'], 'k3s', 'server'],
  [['k3s', '--debug', 'agent', '--node-name', 'a'], 'edge', 'agent'],
  [['/x/server', 'agent'], 'edge', 'agent'],
  [['k3s'], 'k3s-agent', 'agent'],
  [['k3s'], 'edge', 'server'],
  [[], 'k3s', 'server'],
];

for (const [argv, unit, role] of COMMANDS)
  test(`the unit ${unit} that runs "${argv.join(' ')}" is of a ${role}`, () => {
    assert.equal(supervisorRole(argv, unit), role);
    assert.equal(isServerRole(supervisorRole(argv, unit)), role === 'server');
  });
